/** Which rows of a long list are worth drawing. Pure. */

export interface Rows {
  /** The first row and the one after the last. */
  readonly from: number;
  readonly to: number;
}

const SPARE = 8;

/** above: pixels of the list above the window's upper edge, negative while it begins below; all sizes in pixels. */
export function rowsInSight(count: number, rowHeight: number, above: number, windowHeight: number): Rows {
  const from = Math.floor(above / rowHeight) - SPARE;
  const to = Math.ceil((above + windowHeight) / rowHeight) + SPARE;
  return { from: clamp(from, 0, count), to: clamp(to, 0, count) };
}

/** Return how far to scroll so that a row is in sight, 0 where it is; top: its upper edge in the window. */
export function scrollTo(top: number, rowHeight: number, upperEdge: number, lowerEdge: number): number {
  if (top < upperEdge) return top - upperEdge;
  return Math.max(0, top + rowHeight - lowerEdge);
}

/** Return how fast to scroll, in pixels per frame, while something is dragged at `y`. */
export function scrollSpeed(y: number, upperEdge: number, lowerEdge: number): number {
  const [zone, most] = [72, 18];
  if (y < upperEdge + zone) return -most * Math.min(1, (upperEdge + zone - y) / zone);
  if (y > lowerEdge - zone) return most * Math.min(1, (y - lowerEdge + zone) / zone);
  return 0;
}

const clamp = (value: number, least: number, most: number): number => Math.min(Math.max(value, least), most);

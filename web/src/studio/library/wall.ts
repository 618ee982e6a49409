/** Where the videos of a long list stand, and which of them are worth drawing. Pure; all sizes in pixels. */

export type Layout = "grid" | "list";

export interface Wall {
  readonly columns: number;
  /** From one row's upper edge to the next one's. */
  readonly rowHeight: number;
}

const GAP = 16;
const SPARE = 500;

/** Below its picture a tile has three lines; on a phone the name may take two. */
const WORDS = 94;
const WORDS_NARROW = 112;

/** Return how a wall of this width is laid out. textScale: how much larger than usual the words are. */
export function wallOf(layout: Layout, width: number, isNarrow: boolean, textScale = 1): Wall {
  if (layout === "list") return { columns: 1, rowHeight: (isNarrow ? 92 : 64) * textScale };
  const least = (isNarrow ? 140 : 230) * textScale;
  const columns = Math.max(1, Math.floor((width + GAP) / (least + GAP)));
  const picture = ((width - (columns - 1) * GAP) / columns) * (9 / 16);
  return { columns, rowHeight: Math.ceil(picture + (isNarrow ? WORDS_NARROW : WORDS) * textScale) + GAP };
}

/** Return the places in sight: the first and the one after the last. above: of the wall, over the window's edge. */
export function inSight(count: number, { columns, rowHeight }: Wall, above: number, windowHeight: number): [number, number] {
  const first = Math.floor((above - SPARE) / rowHeight);
  const last = Math.ceil((above + windowHeight + SPARE) / rowHeight);
  const clamp = (place: number): number => Math.min(Math.max(place, 0), count);
  return [clamp(first * columns), clamp(last * columns)];
}

/** Return the place that a key leads to, or null when it leads nowhere. */
export function placeAfterKey(key: string, place: number, count: number, { columns }: Wall): number | null {
  const steps: Readonly<Record<string, number>> = {
    ArrowLeft: -1,
    ArrowRight: 1,
    ArrowUp: -columns,
    ArrowDown: columns,
    PageUp: -columns * 4,
    PageDown: columns * 4,
    Home: -count,
    End: count,
  };
  const step = steps[key];
  if (step === undefined) return null;
  const next = place + step;
  const isOneStep = Math.abs(step) <= columns;
  if (isOneStep && (next < 0 || next >= count)) return place;
  return Math.min(count - 1, Math.max(0, next));
}

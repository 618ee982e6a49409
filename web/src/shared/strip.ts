import type { Strip } from "./types.ts";

/** Where a thumbnail lies in its picture, as CSS writes it. */
export interface Tile {
  readonly size: string;
  readonly position: string;
}

/** Return the thumbnail that shows a place of the video. seconds: from its beginning. */
export function tileAt({ tiles, columns, interval }: Strip, seconds: number): Tile {
  const index = Math.min(tiles - 1, Math.max(0, Math.floor(interval > 0 ? seconds / interval : 0)));
  const rows = Math.ceil(tiles / columns);
  const across = columns > 1 ? (index % columns) / (columns - 1) : 0;
  const down = rows > 1 ? Math.floor(index / columns) / (rows - 1) : 0;
  return { size: `${columns * 100}% ${rows * 100}%`, position: `${across * 100}% ${down * 100}%` };
}

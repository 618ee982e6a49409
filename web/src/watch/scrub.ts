/** Where things stand on the scrubber. Pure; positions in the video element's seconds. */
import type { Extent } from "./engine.ts";

/** Return how far along a position is, from 0 to 1. */
export function shareAt({ start, live }: Extent, position: number): number {
  return live > start ? Math.min(1, Math.max(0, (position - start) / (live - start))) : 1;
}

/** Return the position at a share of the way. */
export function positionAt({ start, live }: Extent, share: number): number {
  return start + Math.min(1, Math.max(0, share)) * (live - start);
}

const PAGE = 60;

/** Return the position that a key leads to from another; null for keys that lead nowhere. */
export function positionByKey(key: string, position: number, extent: Extent): number | null {
  switch (key) {
    case "ArrowLeft":
    case "ArrowDown":
      return position - 5;
    case "ArrowRight":
    case "ArrowUp":
      return position + 5;
    case "PageDown":
      return position - PAGE;
    case "PageUp":
      return position + PAGE;
    case "Home":
      return extent.start;
    case "End":
      return extent.live;
    default:
      return null;
  }
}

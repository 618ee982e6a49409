/** How far back one can go, although the playlist that is loaded does not list it. Pure. */
import type { Extent } from "./engine.ts";

/**
 * Return what can be watched, in the video element's seconds: those of what is not loaded lie before the others, for
 * dates have no holes within a broadcast.
 * loaded: what the playlist lists. begins: the date-time of its start. oldest: that to which one can go back.
 */
export function reachOf(loaded: Extent, begins: number | null, oldest: number | null): Extent {
  if (begins === null || oldest === null || oldest >= begins) return loaded;
  return { ...loaded, start: loaded.start - (begins - oldest) / 1000 };
}

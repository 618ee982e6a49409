/** What the viewer's line carries, told by how long the page's own files took. */

/** Part of what browsers tell of a file that was loaded (PerformanceResourceTiming); times in ms. */
export interface Transfer {
  readonly responseStart: number;
  readonly responseEnd: number;
  /** Bytes over the line; 0 for what came from the browser's cache. */
  readonly transferSize: number;
}

/** Less than this says nothing: a line begins slowly, however wide it is. */
const ENOUGH_BYTES = 40_000;

/** Return how many bits per second came while anything came; null where too little did. */
export function lineOf(transfers: readonly Transfer[]): number | null {
  const loaded = transfers.filter(({ transferSize }) => transferSize > 0);
  const bytes = loaded.reduce((sum, { transferSize }) => sum + transferSize, 0);
  if (bytes < ENOUGH_BYTES) return null;
  let [busyMs, until] = [0, -Infinity];
  for (const { responseStart, responseEnd } of loaded.toSorted((a, b) => a.responseStart - b.responseStart)) {
    busyMs += Math.max(0, responseEnd - Math.max(responseStart, until));
    until = Math.max(until, responseEnd);
  }
  return (bytes * 8000) / Math.max(1, busyMs);
}

interface InformedNavigator extends Navigator {
  /** Chromium's; downlink: megabits per second. */
  readonly connection?: { readonly downlink?: number };
}

/** Return the bits per second of this page's line: what it carried, or what the browser believes; null while unknown. */
export function lineHere(): number | null {
  const carried = lineOf(performance.getEntriesByType("resource") as PerformanceResourceTiming[]);
  const told = (navigator as InformedNavigator).connection?.downlink;
  return carried ?? (told ? told * 1_000_000 : null);
}

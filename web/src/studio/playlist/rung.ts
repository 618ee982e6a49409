/** Enough for a small picture; less to load and to decode than the best there is. */
const ENOUGH_LINES = 360;

/** Return the smallest rung that is sharp enough for a small picture, or the best there is. rungs: best first. */
export function rungForPreview(rungs: readonly string[]): string {
  return rungs.findLast((rung) => Number.parseInt(rung, 10) >= ENOUGH_LINES) ?? rungs[0] ?? "";
}

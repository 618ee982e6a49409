/** Where playing begins, told by a playlist itself (EXT-X-START): hls.js takes positions, and these count from what it lists first. Pure. */

const DATE = /^#EXT-X-PROGRAM-DATE-TIME:(.+)$/m;
const HEAD = "#EXTM3U\n";

/**
 * Return a media playlist in which playing begins at a date-time (ms since 1970), or at its first segment where that
 * is later; any other text as it is.
 */
export function withStart(text: string, date: number): string {
  const first = Date.parse(DATE.exec(text)?.[1] ?? "");
  if (!text.startsWith(HEAD) || Number.isNaN(first)) return text;
  const offset = Math.max(0, (date - first) / 1000).toFixed(3);
  return `${HEAD}#EXT-X-START:TIME-OFFSET=${offset},PRECISE=YES\n${text.slice(HEAD.length)}`;
}

/** How fast to play, so that a picture that fell behind the live edge, by a stall, gets back there by itself. Pure. */

/** 5 % more: nobody hears or sees it, for browsers keep the pitch. Three seconds are made good in a minute. */
export const QUICK = 1.05;

/** What a pace is chosen by, in seconds. */
export interface Standing {
  /** The viewer wants the live edge: they neither went back nor paused. */
  readonly isFollowing: boolean;
  /** How far the picture is behind where one would be by default. */
  readonly behind: number;
  /** How much is loaded ahead of the picture; null where the browser alone knows how to play. */
  readonly ahead: number | null;
}

/**
 * The first value of each pair begins, the second ends: between them the pace stays as it is. A playlist is read every two
 * seconds, so by how far one is behind seems to jump by nearly as much; what is loaded rises and falls by a segment.
 */
const BEHIND = [1.5, 0.1] as const;
const AHEAD = [5, 2] as const;

/** Return the pace that follows on `pace`. Any but ours was chosen by somebody else, and stays. */
export function paceAfter(pace: number, { isFollowing, behind, ahead }: Standing): number {
  if (pace !== 1 && pace !== QUICK) return pace;
  const bound = pace === QUICK ? 1 : 0;
  return isFollowing && ahead !== null && behind > BEHIND[bound] && ahead > AHEAD[bound] ? QUICK : 1;
}

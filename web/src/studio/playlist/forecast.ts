/** When a change of the playlist would be seen. Pure; moments are milliseconds since 1970. */
import type { ChannelTopic, Showing } from "../../shared/types.ts";

/** Return the last showing that an edit of the order cannot touch any more; null off air. */
export function lastFixed(topic: ChannelTopic, now: number): Showing | null {
  const fixedUntil = now + topic.horizonSeconds * 1000;
  const showings = topic.onAir ? [topic.onAir, ...topic.upNext] : [];
  return showings.filter(({ startsAt }) => Date.parse(startsAt) <= fixedUntil).at(-1) ?? null;
}

/** Return when added and moved entries show at the earliest; null while that depends on an edit. */
export function nextBorder(topic: ChannelTopic, now: number): number | null {
  const fixed = lastFixed(topic, now);
  return fixed?.endsAt ? Date.parse(fixed.endsAt) : null;
}

interface Timed {
  readonly entry: string;
  readonly duration: number;
  readonly airable: boolean;
}

/**
 * Return about when `wanted` airs if the playlist goes on in this order after `fixed`; null where that is unknown.
 * What cannot be aired is skipped.
 */
export function airsAbout(order: readonly Timed[], fixed: Showing | null, wanted: string): number | null {
  const start = order.findIndex(({ entry }) => entry === fixed?.entry);
  if (!fixed?.endsAt || start < 0) return null;
  let at = Date.parse(fixed.endsAt);
  for (let step = 1; step <= order.length; step += 1) {
    const next = order[(start + step) % order.length];
    if (next?.entry === wanted) return at;
    if (next?.airable) at += next.duration * 1000;
  }
  return null;
}

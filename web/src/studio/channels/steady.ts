/** The topic tells all channels anew when one has changed. Pure. */
import type { Channel } from "../../shared/types.ts";

/**
 * Return `now` with the channels that are as they were as the same objects, so that what shows them has nothing to do:
 * of a hundred, one may begin another video several times a second.
 */
export function steady(before: readonly Channel[], now: readonly Channel[]): readonly Channel[] {
  const known = new Map(before.map((channel) => [channel.slug, channel]));
  return now.map((channel) => {
    const old = known.get(channel.slug);
    return old && JSON.stringify(old) === JSON.stringify(channel) ? old : channel;
  });
}

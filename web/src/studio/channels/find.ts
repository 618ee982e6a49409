/** Which channels are shown. Pure. */
import { airOf, type Air } from "../../shared/onair.ts";
import { finder } from "../../shared/search.ts";
import type { Channel } from "../../shared/types.ts";

export const FILTERS = ["all", "on", "standby", "paused", "off"] as const;
export type Filter = (typeof FILTERS)[number];

export const isFilter = (text: string | null): text is Filter => FILTERS.some((filter) => filter === text);

/** A channel that is about to show its first video is on air. */
const KINDS: Readonly<Record<Air, Filter>> = { on: "on", starting: "on", standby: "standby", paused: "paused", off: "off" };
const fits = (channel: Channel, filter: Filter): boolean => filter === "all" || KINDS[airOf(channel)] === filter;

/** Return the channels in that state whose titles or slugs have every word of the query. */
export function found(channels: readonly Channel[], query: string, filter: Filter): readonly Channel[] {
  const isFound = finder(query);
  return channels.filter((channel) => fits(channel, filter) && isFound(`${channel.title} ${channel.slug}`));
}

/** Return how many channels each filter would show. */
export function counts(channels: readonly Channel[]): Readonly<Record<Filter, number>> {
  const count = (filter: Filter): number => channels.filter((channel) => fits(channel, filter)).length;
  return { all: channels.length, on: count("on"), standby: count("standby"), paused: count("paused"), off: count("off") };
}

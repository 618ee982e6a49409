/** Which channels are shown. Pure. */
import { finder } from "../../shared/search.ts";
import type { Channel, ChannelState } from "../../shared/types.ts";

export const FILTERS = ["all", "on", "paused", "off"] as const;
export type Filter = (typeof FILTERS)[number];

const fits = (state: ChannelState, filter: Filter): boolean => filter === "all" || state === filter;

/** Return the channels in that state whose titles or slugs have every word of the query. */
export function found(channels: readonly Channel[], query: string, filter: Filter): readonly Channel[] {
  const isFound = finder(query);
  return channels.filter(({ title, slug, state }) => fits(state, filter) && isFound(`${title} ${slug}`));
}

/** Return how many channels each filter would show. */
export function counts(channels: readonly Channel[]): Readonly<Record<Filter, number>> {
  const count = (filter: Filter): number => channels.filter(({ state }) => fits(state, filter)).length;
  return { all: channels.length, on: count("on"), paused: count("paused"), off: count("off") };
}

/** Which videos are shown, and in which order. Pure. */
import { byName } from "../../shared/naming.ts";
import { finder } from "../../shared/search.ts";
import type { Video } from "../../shared/types.ts";

export const SORTS = ["newest", "oldest", "name", "longest", "largest"] as const;
export type Sort = (typeof SORTS)[number];

export const isSort = (text: string | null): text is Sort => SORTS.some((sort) => sort === text);

const COMPARE: Readonly<Record<Exclude<Sort, "name">, (one: Video, other: Video) => number>> = {
  newest: (one, other) => other.addedAt.localeCompare(one.addedAt),
  oldest: (one, other) => one.addedAt.localeCompare(other.addedAt),
  longest: (one, other) => other.duration - one.duration,
  largest: (one, other) => other.diskUseBytes - one.diskUseBytes,
};

/** Return the videos whose names have every word of the query, in order. */
export function shown(videos: readonly Video[], query: string, sort: Sort): readonly Video[] {
  const isFound = finder(query);
  const found = videos.filter(({ name }) => isFound(name));
  return sort === "name" ? byName(found, ({ name }) => name) : found.sort(COMPARE[sort]);
}

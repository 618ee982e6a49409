/** Which videos are shown, and in which order. Pure. */
import { finder } from "../../shared/search.ts";
import type { Video } from "../../shared/types.ts";

export const SORTS = ["newest", "oldest", "name", "longest", "largest"] as const;
export type Sort = (typeof SORTS)[number];

export const isSort = (text: string | null): text is Sort => SORTS.some((sort) => sort === text);

const words = new Intl.Collator([], { numeric: true, sensitivity: "base" });

const COMPARE: Readonly<Record<Sort, (one: Video, other: Video) => number>> = {
  newest: (one, other) => other.addedAt.localeCompare(one.addedAt),
  oldest: (one, other) => one.addedAt.localeCompare(other.addedAt),
  name: (one, other) => words.compare(one.name, other.name),
  longest: (one, other) => other.duration - one.duration,
  largest: (one, other) => other.diskUseBytes - one.diskUseBytes,
};

/** Return the videos whose names have every word of the query, in order. */
export function shown(videos: readonly Video[], query: string, sort: Sort): readonly Video[] {
  const isFound = finder(query);
  return videos.filter(({ name }) => isFound(name)).sort(COMPARE[sort]);
}

/** Which videos are to be added, in the order in which they will play. Pure; `picks` are ids. */
import { byName } from "../../shared/naming.ts";
import type { Video } from "../../shared/types.ts";

type Named = Pick<Video, "id" | "name">;

const sortedIds = (videos: Iterable<Named>): readonly string[] => byName(videos, ({ name }) => name).map(({ id }) => id);

/** Return the picks with one more at the end, or without it. */
export function toggled(picks: readonly string[], id: string): readonly string[] {
  return picks.includes(id) ? picks.filter((one) => one !== id) : [...picks, id];
}

/**
 * Return the picks with all of `videos` at the end, in the order of their names: who takes several at once means a
 * series, in whichever order the library shows it.
 */
export function withAll(picks: readonly string[], videos: readonly Named[]): readonly string[] {
  const group = sortedIds(videos);
  return [...without(picks, videos), ...group];
}

export function without(picks: readonly string[], videos: readonly Named[]): readonly string[] {
  const gone = new Set(videos.map(({ id }) => id));
  return picks.filter((id) => !gone.has(id));
}

/** Return the picks in the order of their names. videos: all there are. */
export function inNameOrder(picks: readonly string[], videos: ReadonlyMap<string, Named>): readonly string[] {
  return sortedIds(picks.flatMap((id) => videos.get(id) ?? []));
}

/** What a playlist can be brought into order by, once. Pure. */
import { byName } from "../../shared/naming.ts";
import type { PlaylistEntry } from "../../shared/types.ts";

export const SORTINGS = ["name", "added", "length", "reverse", "shuffle"] as const;
export type Sorting = (typeof SORTINGS)[number];

type Sortable = Pick<PlaylistEntry, "entry" | "name" | "duration" | "addedAt">;

/** Return entries in another order: the least, the oldest, the shortest first. What is equal stays as it is. */
export function sorted<Entry extends Sortable>(entries: readonly Entry[], how: Sorting, random = Math.random): readonly Entry[] {
  switch (how) {
    case "name":
      return byName(entries, ({ name }) => name);
    case "added":
      return [...entries].sort((one, other) => Date.parse(one.addedAt) - Date.parse(other.addedAt));
    case "length":
      return [...entries].sort((one, other) => one.duration - other.duration);
    case "reverse":
      return [...entries].reverse();
    case "shuffle":
      return shuffled(entries, random);
  }
}

/** Every order is equally likely (Fisher and Yates). */
function shuffled<Item>(items: readonly Item[], random: () => number): readonly Item[] {
  const all = [...items];
  for (let last = all.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [all[last], all[other]] = [all[other] as Item, all[last] as Item];
  }
  return all;
}

/** Return the order after those in `group` have filled the places that they hold now; all others stay where they are. */
export function refilled(order: readonly string[], group: readonly string[]): readonly string[] {
  const ids = new Set(group);
  const left = group.values();
  return order.map((id) => (ids.has(id) ? (left.next().value ?? id) : id));
}

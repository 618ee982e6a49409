/** The order of a playlist while somebody changes it. Pure; entries are named by their ids. */

/** Return the order after `ids` were put, together and in their present order, before place `to` of all the others. */
export function moved(order: readonly string[], ids: ReadonlySet<string>, to: number): string[] {
  const others = order.filter((id) => !ids.has(id));
  const group = order.filter((id) => ids.has(id));
  const place = Math.min(Math.max(0, to), others.length);
  return [...others.slice(0, place), ...group, ...others.slice(place)];
}

/** Say whether something can air of these entries, and nothing without `ids`. */
export function leavesNothing(
  entries: readonly { readonly entry: string; readonly airable: boolean }[],
  ids: ReadonlySet<string>,
): boolean {
  const airable = entries.filter((each) => each.airable);
  return airable.length > 0 && airable.every(({ entry }) => ids.has(entry));
}

/** Return how many of the other entries stand before the first of `ids`. */
export function placeOf(order: readonly string[], ids: ReadonlySet<string>): number {
  const first = order.findIndex((id) => ids.has(id));
  return first < 0 ? order.length : first;
}

/** Return the place among the others that follows `entry`: the first place where `entry` is null or being moved. */
export function placeAfter(order: readonly string[], ids: ReadonlySet<string>, entry: string | null): number {
  return entry === null ? 0 : order.filter((id) => !ids.has(id)).indexOf(entry) + 1;
}

/** Return the ids from `one` to `other`, both included, whichever comes first. */
export function between(order: readonly string[], one: string, other: string): readonly string[] {
  const [a, b] = [order.indexOf(one), order.indexOf(other)];
  return a < 0 || b < 0 ? [other] : order.slice(Math.min(a, b), Math.max(a, b) + 1);
}

/**
 * Return `entries` in an order that the server does not know yet: those in `gone` are left out, those that came
 * meanwhile stand at the end.
 */
export function arranged<Entry extends { readonly entry: string }>(
  entries: readonly Entry[],
  order: readonly string[],
  gone: ReadonlySet<string>,
): readonly Entry[] {
  const left = new Map(entries.map((entry) => [entry.entry, entry]));
  for (const id of gone) left.delete(id);
  const placed = order.flatMap((id) => {
    const found = left.get(id);
    left.delete(id);
    return found ? [found] : [];
  });
  return [...placed, ...left.values()];
}

/** Names as people put them in order. Pure. */

const words = new Intl.Collator([], { numeric: true });

/** What tells the kind of a file: ".mp4", ".m2ts"; not the ".5" of "Part 1.5". */
const ENDING = /\.(?=[a-z0-9]*[a-z])[a-z0-9]{2,5}$/i;

/**
 * Return items in the natural order of their names: "Episode 2" before "Episode 10", whatever the case, accents where
 * the language has them. A path is compared folder by folder. Endings do not count: "Film.mp4" before "Film 2.mp4".
 */
export function byName<Item>(items: Iterable<Item>, nameOf: (item: Item) => string): Item[] {
  return [...items]
    .map((item) => ({ item, name: nameOf(item), parts: nameOf(item).replace(ENDING, "").split("/") }))
    .sort((one, other) => compareParts(one.parts, other.parts) || words.compare(one.name, other.name))
    .map(({ item }) => item);
}

function compareParts(one: readonly string[], other: readonly string[]): number {
  for (const [index, part] of one.entries()) {
    const order = words.compare(part, other[index] ?? "");
    if (order !== 0) return order;
  }
  return one.length - other.length;
}

/** Do something with each of many, at most `most` at the same time; return what was thrown, in no order. */
export async function inParallel<Item>(
  items: Iterable<Item>,
  most: number,
  work: (item: Item) => Promise<unknown>,
): Promise<readonly unknown[]> {
  const left = [...items].reverse();
  const errors: unknown[] = [];
  const worker = async (): Promise<void> => {
    for (let item = left.pop(); item !== undefined; item = left.pop()) {
      await work(item).catch((error: unknown) => errors.push(error));
    }
  };
  await Promise.all(Array.from({ length: most }, worker));
  return errors;
}

import { between } from "./order.ts";

const NOTHING: ReadonlySet<string> = new Set();

/** The chosen ones of a list that may change meanwhile. order: their ids as they stand now. */
export class Selection {
  #picked = $state.raw<ReadonlySet<string>>(NOTHING);
  #last: string | null = null;
  readonly #order: () => readonly string[];

  /** Those that are still there, in their order. */
  readonly ids: ReadonlySet<string> = $derived.by(() =>
    this.#picked.size === 0 ? NOTHING : new Set(this.#order().filter((id) => this.#picked.has(id))),
  );

  constructor(order: () => readonly string[]) {
    this.#order = order;
  }

  /** Choose one, or choose it no more; with `isRange` all from the last one on, too. */
  toggle(id: string, isRange = false): void {
    const picked = new Set(this.#picked);
    const isOn = !picked.has(id);
    for (const one of isRange && this.#last !== null ? between(this.#order(), this.#last, id) : [id]) {
      if (isOn) picked.add(one);
      else picked.delete(one);
    }
    this.#last = id;
    this.#picked = picked;
  }

  /** Choose these, and no others. */
  choose(ids: readonly string[]): void {
    this.#picked = new Set(ids);
    this.#last = ids[0] ?? null;
  }

  all(): void {
    this.#picked = new Set(this.#order());
  }

  clear(): void {
    this.#picked = NOTHING;
    this.#last = null;
  }
}

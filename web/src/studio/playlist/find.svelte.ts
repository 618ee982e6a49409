import { finder } from "../../shared/search.ts";
import type { PlaylistEntry } from "../../shared/types.ts";

/** Looks for entries of a playlist by name, and goes from one to the next as a browser does in a text. */
export class Find {
  isOpen = $state(false);
  query = $state("");
  #current = $state<string | null>(null);
  readonly #entries: () => readonly PlaylistEntry[];

  /** Those that have every word, in their order. */
  readonly found: readonly string[] = $derived.by(() => {
    if (!this.isOpen || this.query.trim() === "") return [];
    const isFound = finder(this.query);
    return this.#entries().flatMap(({ entry, name }) => (isFound(name) ? [entry] : []));
  });

  readonly ids: ReadonlySet<string> = $derived(new Set(this.found));

  constructor(entries: () => readonly PlaylistEntry[]) {
    this.#entries = entries;
  }

  /** The one that is looked at; null where there is none. */
  get current(): string | null {
    return this.#current !== null && this.ids.has(this.#current) ? this.#current : (this.found[0] ?? null);
  }

  /** "2 of 14", "Not found"; "" before anything is looked for. */
  get said(): string {
    if (this.query.trim() === "") return "";
    const place = this.current === null ? -1 : this.found.indexOf(this.current);
    return place < 0 ? "Not found" : `${place + 1} of ${this.found.length.toLocaleString()}`;
  }

  /** Go to the next one, or with -1 to the one before; after the last comes the first. */
  step(by: 1 | -1): void {
    const count = this.found.length;
    if (this.current === null || count === 0) return;
    this.#current = this.found[(this.found.indexOf(this.current) + by + count) % count] ?? null;
  }

  close(): void {
    this.isOpen = false;
    this.query = "";
    this.#current = null;
  }
}

import { untrack } from "svelte";
import { api, sentenceOf } from "./api.ts";

/** What the API has at one address: read when a component begins, and again whenever it is asked to. Reactive. */
export class Reading<Data> {
  #value = $state.raw<Data | null>(null);
  #fault = $state("");
  readonly #path: () => string;
  readonly #abort = new AbortController();

  /** To be called where a component begins. */
  constructor(path: () => string) {
    this.#path = path;
    $effect(() => {
      untrack(() => void this.load());
      return () => this.#abort.abort();
    });
  }

  /** What was read last; null until then. */
  get value(): Data | null {
    return this.#value;
  }

  /** A sentence about why it could not be read; "" where it was. */
  get fault(): string {
    return this.#fault;
  }

  async load(): Promise<void> {
    try {
      this.#value = await api.get<Data>(this.#path(), this.#abort.signal);
      this.#fault = "";
    } catch (error) {
      if (!this.#abort.signal.aborted) this.#fault = sentenceOf(error);
    }
  }
}

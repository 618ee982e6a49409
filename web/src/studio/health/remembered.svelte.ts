import { untrack } from "svelte";
import { sentenceOf } from "../../shared/net/api.ts";
import { events } from "../../shared/net/events.svelte.ts";
import type { Moment } from "../../shared/types.ts";
import type { Point } from "./health.ts";
import { continued, merged, samplesOf, type Sample } from "./samples.ts";

type Told<Name extends string> = Readonly<Record<Name, readonly Point[]>>;
type Newest<Name extends string> = Readonly<Record<Name, number | null>> & { readonly at: Moment };

/**
 * Numbers of the last day. They are fetched when the connection is there, and again when it is back; in between the
 * topic continues them. Make it while a component is set up.
 */
export class Remembered<Name extends string> {
  #samples = $state.raw<Readonly<Record<string, readonly Sample[]>>>({});
  #isKnown = $state(false);
  #fault = $state("");
  readonly #fetch: () => Promise<Told<Name>>;

  constructor(fetch: () => Promise<Told<Name>>, newest: () => Newest<Name> | null) {
    this.#fetch = fetch;
    $effect(() => {
      if (events.connection === "open") untrack(() => void this.load());
    });
    const at = $derived(newest()?.at);
    $effect(() => {
      if (at !== undefined) untrack(() => this.#continue(newest()));
    });
  }

  /** There is an answer, even if there is nothing in it. */
  get isKnown(): boolean {
    return this.#isKnown;
  }

  /** Why the past cannot be shown, a sentence; "" when it can. */
  get fault(): string {
    return this.#fault;
  }

  of(name: Name): readonly Sample[] {
    return this.#samples[name] ?? [];
  }

  async load(): Promise<void> {
    try {
      const told = await this.#fetch();
      const names = Object.keys(told) as Name[];
      this.#samples = Object.fromEntries(names.map((name) => [name, merged(this.of(name), samplesOf(told[name]))]));
      this.#isKnown = true;
      this.#fault = "";
    } catch (error) {
      this.#fault = sentenceOf(error);
    }
  }

  #continue(newest: Newest<Name> | null): void {
    if (!newest) return;
    const { at, ...values } = newest;
    const added = Object.entries(values).flatMap(([name, value]) =>
      typeof value === "number" ? [[name, continued(this.of(name as Name), { at: Date.parse(at), value })]] : [],
    );
    this.#samples = { ...this.#samples, ...Object.fromEntries(added) };
  }
}

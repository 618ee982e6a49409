import { api, sentenceOf } from "../../shared/net/api.ts";
import type { Airings, Showing } from "../../shared/types.ts";
import type { Span } from "./axis.ts";
import { covers, joined, spanAround, stretchOf, type Stretch } from "./stretch.ts";

/** A programme of very short videos is not read to the end of a whole day. */
const MOST_ANSWERS = 4;

/**
 * The programme of one channel: live around now, and asked for where the person looks beyond that. Make it while a
 * component is set up.
 */
export class Programme {
  readonly #live: () => Stretch | null;
  #asked = $state.raw<Stretch | null>(null);
  #fault = $state("");

  constructor(slug: () => string, topic: () => Airings | undefined, sight: () => Span) {
    const live = $derived.by(() => {
      const value = topic();
      return value ? stretchOf(value) : null;
    });
    this.#live = () => live;
    const wanted = $derived(live && !covers(live, sight()) ? spanAround(sight()) : null);
    const from = $derived(wanted?.from);
    const to = $derived(wanted?.to);
    $effect(() => {
      // Asked again whenever the topic changes: an edit changes what is to come beyond it, too.
      if (!live || from === undefined || to === undefined) {
        this.#fault = "";
        return;
      }
      const asking = new AbortController();
      void this.#ask(slug(), { from, to }, asking.signal);
      return () => asking.abort();
    });
  }

  /** Why it could not be asked for; "" where it could. */
  get fault(): string {
    return this.#fault;
  }

  /** Return the showings that are known of what is in sight; undefined until there are some to know. */
  of(sight: Span): readonly Showing[] | undefined {
    const live = this.#live();
    if (!live) return undefined;
    if (covers(live, sight)) return live.showings;
    return this.#asked && this.#asked.from < sight.to && this.#asked.to > sight.from ? this.#asked.showings : live.showings;
  }

  async #ask(slug: string, { from, to }: Span, signal: AbortSignal): Promise<void> {
    try {
      let found = await read(slug, { from, to }, signal);
      for (let more = 1; found.to < to && more < MOST_ANSWERS; more += 1) {
        found = joined(found, await read(slug, { from: found.to, to }, signal));
      }
      this.#asked = found;
      this.#fault = "";
    } catch (error) {
      if (!signal.aborted) this.#fault = sentenceOf(error);
    }
  }
}

async function read(slug: string, { from, to }: Span, signal: AbortSignal): Promise<Stretch> {
  const range = new URLSearchParams({ from: new Date(from).toISOString(), to: new Date(to).toISOString() });
  return stretchOf(await api.get<Airings>(`api/channels/${slug}/guide?${range}`, signal));
}

import { tick } from "svelte";
import { events } from "../../shared/net/events.svelte.ts";
import { clockSecondsText, countText, lengthText } from "../../shared/format.ts";
import { ApiError, api, sentenceOf } from "../../shared/net/api.ts";
import { toasts } from "../../shared/ui/toasts.svelte.ts";
import type { ChannelTopic, Effect, PlaylistEntry, Steered } from "../../shared/types.ts";
import { arranged, leavesNothing, moved, placeAfter } from "./order.ts";
import { refilled, sorted, type Sorting } from "./sorting.ts";

const CHANGED_MEANWHILE = "Someone else just changed the playlist. This is how it looks now; please try again.";

/** What the list will be, shown until the server says the same. revision: of that edit, null until it is answered. */
interface Guess {
  readonly order: readonly string[];
  readonly gone: ReadonlySet<string>;
  readonly revision: number | null;
}

export type Action = "start" | "stop" | "pause" | "resume" | "skip";

/** What the way back from an edit is called. */
type Back = "Undo" | "Redo";

/** How long the way back from a jump is offered after viewers see it: it may have been a slip of the finger. */
const SEEN_MS = 15_000;

/** What was done by sorting: "Sorted by name", "3 videos sorted by name". */
const SORTED: Readonly<Record<Sorting, string>> = {
  name: "sorted by name",
  added: "sorted by date added",
  length: "sorted by length",
  reverse: "reversed",
  shuffle: "shuffled",
};

const NOTHING: ReadonlySet<string> = new Set();

/** Entries whose removal leaves a channel on the air with nothing to show: a question. */
interface Emptying {
  readonly ids: ReadonlySet<string>;
  readonly answer: (isMeant: boolean) => void;
}

/** Changes one channel's playlist and what it does. What is changed is shown at once, and taken back if refused. */
export class Editor {
  /** The transport action that waits for its answer. */
  asked = $state<Action | null>(null);
  /** Why the last transport action was refused. */
  fault = $state("");
  /** What is to be removed, where that is a question. */
  emptying = $state.raw<Emptying | null>(null);
  /** The last jump or skip of this page, if nothing was changed since. */
  #steered = $state.raw<Steered | null>(null);
  readonly slug: string;
  readonly #topic: () => ChannelTopic | undefined;
  #guess = $state.raw<Guess | null>(null);
  #queue: Promise<unknown> = Promise.resolve();

  readonly entries: readonly PlaylistEntry[] = $derived.by(() => {
    const topic = this.#topic();
    const guess = this.#guess;
    if (!topic) return [];
    const isKnown = guess === null || (guess.revision !== null && topic.revision >= guess.revision);
    return isKnown ? topic.entries : arranged(topic.entries, guess.order, guess.gone);
  });

  readonly order: readonly string[] = $derived(this.entries.map(({ entry }) => entry));

  constructor(slug: string, topic: () => ChannelTopic | undefined) {
    this.slug = slug;
    this.#topic = topic;
  }

  nameOf(entry: string): string {
    return this.entries.find((one) => one.entry === entry)?.name ?? "A video";
  }

  /** "“A film”" or "3 videos". */
  namesOf(ids: ReadonlySet<string>): string {
    const [only] = ids;
    return ids.size === 1 && only !== undefined ? `“${this.nameOf(only)}”` : countText(ids.size, "video");
  }

  /** Put entries, together, before place `to` of all the others. */
  move(ids: ReadonlySet<string>, to: number): void {
    this.#reorder(moved(this.order, ids, to), `${this.namesOf(ids)} moved`);
  }

  /** Sort the playlist once, or only what is chosen of it, which then changes places among itself. */
  sort(how: Sorting, ids: ReadonlySet<string>): void {
    const isPart = ids.size > 0;
    const group = isPart ? this.entries.filter(({ entry }) => ids.has(entry)) : this.entries;
    const order = refilled(this.order, sorted(group, how).map(({ entry }) => entry));
    const subject = isPart ? this.namesOf(ids) : "Playlist";
    if (!this.#reorder(order, `${subject} ${SORTED[how]}`)) toasts.say(`${subject} already ${SORTED[how]}.`);
  }

  /** Put entries behind what is on air. */
  playNext(ids: ReadonlySet<string>): void {
    const current = this.#topic()?.onAir?.entry ?? null;
    this.move(ids, placeAfter(this.order, ids, current));
  }

  /** Remove entries, after a question where nothing would be left on the air; say whether it is done. */
  async remove(ids: ReadonlySet<string>): Promise<boolean> {
    const isOnAir = this.#topic()?.channel.state !== "off";
    const mayGo = !isOnAir || !leavesNothing(this.entries, ids) || (await this.#ask(ids));
    if (mayGo) this.#remove(ids);
    return mayGo;
  }

  async #ask(ids: ReadonlySet<string>): Promise<boolean> {
    if (this.emptying) return false;
    const isMeant = await new Promise<boolean>((answer) => (this.emptying = { ids, answer }));
    this.emptying = null;
    await tick(); // the dialog closes, and gives the focus back
    return isMeant;
  }

  #remove(ids: ReadonlySet<string>): void {
    const order = this.order.filter((id) => !ids.has(id));
    const said = `${this.namesOf(ids)} removed`;
    const ask = (): Promise<Effect> => api.post(this.#path("playlist/remove"), { entries: [...ids] });
    void this.#edit(said, ask, { order, gone: ids });
  }

  /** Add videos at the end, or behind what is on air. */
  add(videos: readonly string[], where: "end" | "next"): void {
    const current = this.#topic()?.onAir?.entry ?? null;
    const at = where === "next" ? { at: placeAfter(this.order, NOTHING, current) } : {};
    const said = `${countText(videos.length, "video")} added`;
    void this.#edit(said, () => api.post(this.#path("playlist"), { videos, ...at }));
  }

  /** Go on with an entry; offset: seconds into its video. back: what the way back is called. */
  async jump(entry: string, offset = 0, back: Back = "Undo"): Promise<void> {
    try {
      const steered = await this.#inTurn<Steered>(() => api.post(this.#path("playlist/current"), { entry, offset }));
      this.#tellSteered(back === "Redo" ? "Back to" : "Playing", steered, offset, back);
    } catch (error) {
      toasts.warn(sentenceOf(error));
    }
  }

  /** Say what viewers get from when on, and offer the way back until they have seen it for a while. */
  #tellSteered(deed: string, steered: Steered, offset: number, back: Back): void {
    const { next, effectiveAt } = steered;
    const at = Date.parse(effectiveAt);
    const what = next ? `${deed} “${next.name}”${offset > 0 ? ` at ${lengthText(offset)}` : ""}` : "Viewers see the standby picture";
    const when = this.#topic()?.channel.state === "paused" ? "after the pause" : `from ${clockSecondsText(at)}`;
    this.#steered = steered.back ? steered : null;
    const undo = steered.back ? (): void => this.#goBack(steered, back) : undefined;
    toasts.say(`${what}, ${when}.`, undo, back, at - events.now() + SEEN_MS);
  }

  /** Take a jump or a skip back, unless something else is on by now. */
  #goBack(steered: Steered, back: Back): void {
    if (!this.#isStill(steered)) {
      toasts.warn(`“${steered.next?.name ?? "The standby picture"}” is no longer on air: there is nothing to undo.`);
    } else if (steered.back) {
      void this.jump(steered.back.entry, steered.back.offset, back === "Undo" ? "Redo" : "Undo");
    }
  }

  /** Say whether what a jump or a skip chose is on the air, or about to be. */
  #isStill({ next, revision }: Steered): boolean {
    const topic = this.#topic();
    if (!topic || topic.revision <= revision) return true; // nothing newer is known
    return next !== null && [topic.onAir?.entry, topic.upNext[0]?.entry, topic.held].includes(next.entry);
  }

  get canUndo(): boolean {
    return this.#steered !== null || (this.#topic()?.canUndo ?? false);
  }

  /** Take back what was done last: a jump or a skip of this page, or the last edit. */
  undo(): void {
    const steered = this.#steered;
    this.#steered = null;
    if (steered && this.#isStill(steered)) this.#goBack(steered, "Undo");
    else if (this.#topic()?.canUndo) this.#undo("The last edit was undone", "Redo");
  }

  /** Undoing twice does it again. back: what undoing this is called. */
  #undo(said: string, back: Back): void {
    void this.#edit(said, () => api.post(this.#path("playlist/undo")), undefined, back);
  }

  async act(action: Action): Promise<void> {
    this.asked = action;
    this.fault = "";
    this.#steered = null;
    try {
      const steered = await this.#inTurn<Steered>(() => api.post(this.#path(`stream/${action}`)));
      if (action === "skip") this.#tellSteered("Skipped to", steered, 0, "Undo");
    } catch (error) {
      this.fault = sentenceOf(error);
    } finally {
      this.asked = null;
    }
  }

  /** Bring the entries into this order; say whether it is another one. */
  #reorder(order: readonly string[], said: string): boolean {
    if (order.every((id, index) => id === this.order[index])) return false;
    void this.#edit(said, () => api.post(this.#path("playlist/reorder"), { order }), { order, gone: NOTHING });
    return true;
  }

  async #edit(said: string, ask: () => Promise<Effect>, after?: Omit<Guess, "revision">, back: Back = "Undo"): Promise<void> {
    const guess = after ? { ...after, revision: null } : null;
    this.#guess = guess;
    this.#steered = null;
    try {
      const effect = await this.#inTurn(ask);
      if (guess && this.#guess === guess) this.#guess = { ...guess, revision: effect.revision };
      toasts.say(`${said}${this.#whenSeen("viewers see the change at", effect)}.`, () => this.#takeBack(effect.revision, back), back);
    } catch (error) {
      if (this.#guess === guess) this.#guess = null;
      const isOutdated = error instanceof ApiError && (error.code === "bad_request" || error.code === "unknown_entry");
      toasts.warn(isOutdated ? CHANGED_MEANWHILE : sentenceOf(error));
    }
  }

  /** Undo an edit from its toast, unless that would take back somebody else's later one. */
  #takeBack(revision: number, back: Back): void {
    const topic = this.#topic();
    if (topic && topic.revision > revision) {
      toasts.warn("Newer edits exist; use “Undo” above the playlist.");
    } else if (back === "Redo") {
      this.#undo("The edit was redone", "Undo");
    } else {
      this.#undo("The last edit was undone", "Redo");
    }
  }

  #whenSeen(what: string, { effectiveAt }: Effect): string {
    return this.#topic()?.channel.state === "off" ? "" : `; ${what} ${clockSecondsText(Date.parse(effectiveAt))}`;
  }

  /** One request after the other: they arrive as they were made. */
  #inTurn<Data>(ask: () => Promise<Data>): Promise<Data> {
    const turn = this.#queue.then(ask);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  #path(what: string): string {
    return `api/channels/${this.slug}/${what}`;
  }
}

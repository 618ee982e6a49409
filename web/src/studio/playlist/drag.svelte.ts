import type { Editor } from "./editor.svelte.ts";
import { moved, placeOf } from "./order.ts";

const NOTHING: ReadonlySet<string> = new Set();

/** Entries that somebody holds, by the pointer or by the keyboard, and where they would land. */
export class Drag {
  held = $state.raw<ReadonlySet<string>>(NOTHING);
  /** The one by which they are held. */
  grip = $state<string | null>(null);
  /** Their place among all the others. */
  to = $state(0);
  by = $state<"keys" | "pointer">("keys");
  /** For screen readers. */
  said = $state("");
  readonly #editor: Editor;

  /** The order as it would be. */
  readonly order: readonly string[] = $derived.by(() => {
    const { order } = this.#editor;
    return this.isOn ? moved(order, this.held, this.to) : order;
  });

  constructor(editor: Editor) {
    this.#editor = editor;
  }

  get isOn(): boolean {
    return this.grip !== null;
  }

  /** Counted from 1: where the first of them would stand. */
  get place(): number {
    return this.to + 1;
  }

  begin(grip: string, held: ReadonlySet<string>, by: "keys" | "pointer"): void {
    this.grip = grip;
    this.held = held;
    this.by = by;
    this.to = placeOf(this.#editor.order, held);
    this.said = `${this.#editor.namesOf(held)} picked up at ${this.#where()}. Arrow keys move, Space drops, Escape cancels.`;
  }

  /** Move to a place among the others. */
  moveTo(place: number): void {
    const to = Math.min(Math.max(0, place), this.#editor.order.length - this.held.size);
    if (to === this.to) return;
    this.to = to;
    const before = this.order[to - 1];
    this.said = `${this.#where()}, ${before === undefined ? "at the top" : `after “${this.#editor.nameOf(before)}”`}.`;
  }

  drop(): void {
    this.said = `${this.#editor.namesOf(this.held)} dropped at ${this.#where()}.`;
    this.#editor.move(this.held, this.to);
    this.#end();
  }

  putBack(): void {
    this.said = `${this.#editor.namesOf(this.held)} put back.`;
    this.#end();
  }

  #end(): void {
    this.grip = null;
    this.held = NOTHING;
  }

  #where(): string {
    return `position ${this.place} of ${this.#editor.order.length}`;
  }
}

import { events } from "../../shared/net/events.svelte.ts";
import { api } from "../../shared/net/api.ts";
import type { Moment } from "../../shared/types.ts";

interface NextBorder {
  readonly skipAt: Moment | null;
  readonly borderAt: Moment | null;
}

/** When skip, jump, pause and stop would be seen: asked of the server while somebody thinks of doing it. */
export class Foresight {
  /** What the person points at; "" for nothing. */
  action = $state("");
  /** Milliseconds since 1970; null while unknown, and off air. */
  skipAt = $state<number | null>(null);
  readonly #slug: string;

  constructor(slug: string) {
    this.#slug = slug;
  }

  /** Somebody points at an action, or has its button in focus. */
  consider(action: string): void {
    this.action = action;
    void this.look();
  }

  leave(): void {
    this.action = "";
    this.skipAt = null;
  }

  /** Ask, unless what is known still lies ahead. It is only a hint: without an answer there is none. */
  async look(): Promise<void> {
    if (this.skipAt !== null && this.skipAt > events.now()) return;
    const asked = this.action;
    const border = await api.get<NextBorder>(`api/channels/${this.#slug}/playlist/next-border`).catch(() => null);
    if (asked && asked === this.action) this.skipAt = border?.skipAt ? Date.parse(border.skipAt) : null;
  }
}

import { readPublic } from "../shared/net/api.ts";
import type { PublicChannels } from "../shared/types.ts";
import { FIRST, readPages } from "./channelpages.ts";
import { Feed } from "./feed.svelte.ts";

/** The channels with what is on: a page of them, and more for who asks. */
export class ChannelsFeed extends Feed<PublicChannels> {
  readonly #asked: { pages: number };

  constructor() {
    const asked = { pages: 1 };
    super(FIRST, () => readPages(asked.pages, readPublic));
    this.#asked = asked;
  }

  /** Show one more page from now on. */
  more(): void {
    this.#asked.pages += 1;
    this.refresh();
  }
}

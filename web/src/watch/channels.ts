import type { PublicChannels } from "../shared/types.ts";
import { FIRST, readPages } from "./channelpages.ts";
import { Feed } from "./feed.svelte.ts";
import { folder } from "./folder.svelte.ts";

/** The channels with what is on: a page of them, and more for who asks. */
export class ChannelsFeed extends Feed<PublicChannels> {
  readonly #asked: { pages: number };

  /** isWhole: with what only those see who are signed in, if one is. */
  constructor(isWhole = false) {
    const asked = { pages: 1 };
    super(FIRST, async () => {
      if (isWhole) await folder.enter();
      return readPages(asked.pages, (path) => folder.read(path));
    });
    this.#asked = asked;
  }

  /** Show one more page from now on. */
  more(): void {
    this.#asked.pages += 1;
    this.refresh();
  }
}

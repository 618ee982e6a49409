import { memory } from "../../shared/memory.ts";
import { may } from "../../shared/net/permission.ts";
import type { Channel } from "../../shared/types.ts";
import { destinationOf } from "./destination.ts";

const KEY = "upload-channel";

/** Where files go that come into the Studio: one place for every button, and for what is dropped anywhere. */
class Destination {
  /** The channel whose playlist is open: whoever drops files there means it. */
  #open = $state<string | null>(null);
  #wanted = $state(memory.read(KEY));

  /** Return the channel whose playlist they join, "" for the library only. */
  of(channels: readonly Channel[]): string {
    return this.#open ?? destinationOf(this.open(channels), this.#wanted);
  }

  /** Return those whose playlists one may change. */
  open(channels: readonly Channel[]): readonly Channel[] {
    return channels.filter(({ slug }) => may("channel:air", slug));
  }

  choose(slug: string): void {
    this.#wanted = slug;
    memory.write(KEY, slug);
  }

  /** Send what comes in to this channel until the returned function is called. */
  lead(slug: string): () => void {
    this.#open = slug;
    return () => (this.#open = null);
  }
}

export const destination = new Destination();

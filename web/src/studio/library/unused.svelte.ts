import { api, sentenceOf } from "../../shared/net/api.ts";
import { toasts } from "../../shared/ui/toasts.svelte.ts";
import type { Channel, Video } from "../../shared/types.ts";

/** Lets only those videos be seen that no channel uses: the server knows which, and is asked while this is on. */
export class Unused {
  isOn = $state(false);
  #ids = $state.raw<ReadonlySet<string> | null>(null);

  constructor(videos: () => readonly Video[] | undefined, channels: () => readonly Channel[]) {
    const reason = $derived([videos()?.length, ...channels().map(({ slug, totalVideos, slate }) => `${slug} ${totalVideos} ${slate}`)].join());
    $effect(() => {
      if (this.isOn && reason) void this.#ask();
    });
  }

  of(videos: readonly Video[]): readonly Video[] {
    return this.isOn && this.#ids ? videos.filter(({ id }) => this.#ids?.has(id)) : videos;
  }

  async #ask(): Promise<void> {
    try {
      this.#ids = new Set((await api.get<readonly Video[]>("api/videos?used=false")).map(({ id }) => id));
    } catch (error) {
      toasts.warn(sentenceOf(error));
      this.isOn = false;
    }
  }
}

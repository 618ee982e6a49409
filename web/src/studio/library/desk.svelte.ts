import { tick } from "svelte";
import { countText } from "../../shared/format.ts";
import { byName } from "../../shared/naming.ts";
import { api, sentenceOf } from "../../shared/net/api.ts";
import { at } from "../../shared/root.ts";
import { toasts } from "../../shared/ui/toasts.svelte.ts";
import type { Channel, Effect, Usage, Video } from "../../shared/types.ts";
import { isArrival } from "./arrivals.ts";
import { inParallel } from "./parallel.ts";
import { isNoticed } from "./usage.ts";

const SIDE_BY_SIDE = 6;

/** How long a change is shown ahead of the server, which tells of it within a second. */
const AHEAD_MS = 4000;

interface Rename {
  readonly from: string;
  readonly to: string;
}

/** Changes videos of the library. What is changed is shown at once, and taken back if the server refuses. */
export class Desk {
  readonly #topic: () => readonly Video[] | undefined;
  /** What is to be deleted, where that is a question. */
  asked = $state.raw<{ videos: readonly Video[]; usage: Usage; answer: (isMeant: boolean) => void } | null>(null);
  #renamed = $state.raw<ReadonlyMap<string, Rename>>(new Map());
  #isDeciding = false;
  #deleted = $state.raw<ReadonlySet<string>>(new Set());

  /** The videos as they will be; undefined until they are known. */
  readonly videos: readonly Video[] | undefined = $derived.by(() =>
    this.#topic()?.flatMap((video) => {
      if (isArrival(video) || this.#deleted.has(video.id)) return [];
      const rename = this.#renamed.get(video.id);
      return rename?.from === video.name ? { ...video, name: rename.to } : video;
    }),
  );

  constructor(topic: () => readonly Video[] | undefined) {
    this.#topic = topic;
  }

  async rename({ id, name: from }: Video, name: string): Promise<void> {
    const to = name.trim();
    if (to === "" || to === from) return;
    this.#show(id, { from, to });
    try {
      await api.patch(`api/videos/${id}`, { name: to });
      setTimeout(() => this.#show(id, null), AHEAD_MS);
    } catch (error) {
      this.#show(id, null);
      toasts.warn(`“${from}” keeps its name. ${sentenceOf(error)}`);
    }
  }

  /** Delete videos, where channels use them after a question; say whether it is done. */
  async delete(videos: readonly Video[]): Promise<boolean> {
    if (this.#isDeciding) return false; // a key that is held down asks once
    this.#isDeciding = true;
    const mayGo = await this.#mayGo(videos);
    this.#isDeciding = false;
    if (mayGo) void this.#delete(videos);
    return mayGo;
  }

  async #mayGo(videos: readonly Video[]): Promise<boolean> {
    try {
      const usage = await api.post<Usage>("api/videos/usage", { videos: videos.map(({ id }) => id) });
      return !isNoticed(usage) || (await this.#ask(videos, usage));
    } catch (error) {
      toasts.warn(sentenceOf(error));
      return false;
    }
  }

  async #ask(videos: readonly Video[], usage: Usage): Promise<boolean> {
    const isMeant = await new Promise<boolean>((answer) => (this.asked = { videos, usage, answer }));
    this.asked = null;
    await tick(); // the dialog closes, and gives the focus back
    return isMeant;
  }

  async #delete(videos: readonly Video[]): Promise<void> {
    const ids = new Set(videos.map(({ id }) => id));
    this.#deleted = new Set([...this.#deleted, ...ids]);
    const errors = await inParallel(ids, SIDE_BY_SIDE, (id) =>
      api.delete(`api/videos/${id}`).catch((error: unknown) => {
        ids.delete(id);
        this.#bringBack([id]);
        throw error;
      }),
    );
    setTimeout(() => this.#bringBack(ids), AHEAD_MS); // by then the server shows them no more
    if (errors[0]) toasts.warn(sentenceOf(errors[0]));
    if (ids.size > 0) toasts.say(`${namesOf(videos.filter(({ id }) => ids.has(id)))} deleted.`, () => void this.restore(ids));
  }

  /** Bring deleted videos back, to their places in playlists, too. */
  async restore(ids: Iterable<string>): Promise<void> {
    const all = [...ids];
    this.#bringBack(all);
    const errors = await inParallel(all, SIDE_BY_SIDE, (id) => api.post(`api/videos/${id}/restore`));
    if (errors[0]) toasts.warn(sentenceOf(errors[0]));
  }

  /** Add videos at the end of a playlist: several in the order of their names, however the library is sorted. */
  async addTo(channel: Channel, videos: readonly Video[]): Promise<void> {
    const path = `api/channels/${channel.slug}/playlist`;
    try {
      const ids = byName(videos, ({ name }) => name).map(({ id }) => id);
      const { entries } = await api.post<Effect & { readonly entries: readonly string[] }>(path, { videos: ids });
      const order = videos.length > 1 ? " in order of name" : "";
      toasts.say(`${namesOf(videos)} added to ${channel.title}${order}.`, () => void attempt(api.post(`${path}/remove`, { entries })));
    } catch (error) {
      toasts.warn(sentenceOf(error));
    }
  }

  repackage({ id, name }: Video): Promise<void> {
    return attempt(api.post(`api/videos/${id}/repackage`), `“${name}” is being encoded again.`);
  }

  /** Cancel encoding a video. */
  cancel({ id, name }: Video): Promise<void> {
    return attempt(api.post(`api/videos/${id}/cancel`), `Encoding of “${name}” was cancelled. Choose “Encode again” to restart it.`);
  }

  /** Let the browser save the uploaded file: a link shows no token, so the server gives one that needs none. */
  async download({ id }: Video): Promise<void> {
    try {
      const { url } = await api.post<{ url: string }>(`api/videos/${id}/original-url`);
      const link = document.createElement("a");
      link.href = at(url);
      link.download = "";
      link.click();
    } catch (error) {
      toasts.warn(sentenceOf(error));
    }
  }

  #show(id: string, rename: Rename | null): void {
    const renamed = new Map(this.#renamed);
    if (rename) renamed.set(id, rename);
    else renamed.delete(id);
    this.#renamed = renamed;
  }

  #bringBack(ids: Iterable<string>): void {
    const deleted = new Set(this.#deleted);
    for (const id of ids) deleted.delete(id);
    this.#deleted = deleted;
  }
}

async function attempt(request: Promise<unknown>, said = ""): Promise<void> {
  try {
    await request;
    if (said) toasts.say(said);
  } catch (error) {
    toasts.warn(sentenceOf(error));
  }
}

/** "“A film”" or "3 videos". */
export function namesOf(videos: readonly Video[]): string {
  const [only] = videos;
  return videos.length === 1 && only ? `“${only.name}”` : countText(videos.length, "video");
}

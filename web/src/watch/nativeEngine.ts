import type { Engine, Extent, Listener, Start } from "./engine.ts";

/** As far behind the end as Apple's players stay by themselves. */
const BEHIND_SECONDS = 6;

interface DatedVideo extends HTMLVideoElement {
  /** Safari's: the date-time of position 0. */
  getStartDate?(): Date;
}

/** Leaves everything to a browser that plays HLS itself and has no Media Source Extensions, as on older iPhones. */
export class NativeEngine implements Engine {
  readonly rungs: readonly string[] = [];
  readonly rung = "";
  readonly isCutOff = false;
  /** Apple's players take no pace above 1 for some streams, and say nothing true of what is seekable for seconds. */
  readonly ahead = null;
  readonly #video: DatedVideo;
  readonly #listening = new AbortController();

  /** start: by default near the live edge, or at the beginning of what is complete. */
  constructor(video: HTMLVideoElement, url: string, listener: Listener, start: Start = {}) {
    this.#video = video;
    const { signal } = this.#listening;
    const begin = (): void => {
      const position = start.date === undefined ? start.position : this.positionAt(start.date);
      if (typeof position === "number") video.currentTime = position;
      listener.ready();
    };
    video.addEventListener("loadedmetadata", begin, { signal });
    video.addEventListener("error", () => listener.failed(isNetwork(video.error) ? "away" : "off"), { signal });
    video.src = url;
  }

  get extent(): Extent | null {
    const { seekable } = this.#video;
    if (seekable.length === 0) return null;
    const [start, end] = [seekable.start(0), seekable.end(seekable.length - 1)];
    return { start, end, live: Math.max(start, end - BEHIND_SECONDS) };
  }

  choose(): void {
    // The browser chooses.
  }

  dateAt(position: number): number | null {
    const start = this.#video.getStartDate?.().getTime() ?? Number.NaN;
    return Number.isNaN(start) ? null : start + position * 1000;
  }

  positionAt(date: number): number | null {
    const start = this.dateAt(0);
    return start === null ? null : (date - start) / 1000;
  }

  destroy(): void {
    this.#listening.abort();
    this.#video.removeAttribute("src");
    this.#video.load();
  }
}

function isNetwork(error: MediaError | null): boolean {
  return error?.code === MediaError.MEDIA_ERR_NETWORK;
}

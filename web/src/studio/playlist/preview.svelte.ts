import { Backoff } from "../../shared/net/backoff.ts";
import type { Engine, Facts, Failure, Listener } from "../../watch/engine.ts";
import { doubtMedia } from "../media.svelte.ts";
import { rungForPreview } from "./rung.ts";

const LOOK_EVERY_MS = 500;
const LATE_SECONDS = 5;

/** What viewers see, small and without sound, for as long as it is wanted; it comes back by itself. */
export class LivePreview {
  state = $state<"loading" | "playing" | "unsupported">("loading");
  /** The date-time of the picture, in ms since 1970. */
  date = $state<number | null>(null);
  readonly #video: HTMLVideoElement;
  readonly #url: string;
  readonly #backoff = new Backoff();
  readonly #looking: ReturnType<typeof setInterval>;
  readonly #facts: Facts = { fatalErrors: 0, errors: [], stalls: 0, rebuilds: 0, discontinuities: [], level: -1 };
  #engine: Engine | null = null;
  #isOver = false;

  constructor(video: HTMLVideoElement, url: string) {
    this.#video = video;
    this.#url = url;
    this.#looking = setInterval(() => this.#look(), LOOK_EVERY_MS);
    void this.#build();
  }

  destroy(): void {
    this.#isOver = true;
    clearInterval(this.#looking);
    this.#backoff.reset();
    this.#engine?.destroy();
    this.#engine = null;
  }

  async #build(): Promise<void> {
    const hls = await import("../../watch/hlsEngine.ts").catch(() => null);
    if (this.#isOver) return;
    const listener: Listener = { ready: () => this.#onReady(), failed: (reason) => this.#again(reason) };
    if (!hls) {
      this.#again("away");
    } else if (hls.isSupported()) {
      this.#engine = new hls.HlsEngine(this.#video, this.#url, listener, this.#facts);
    } else if (this.#video.canPlayType("application/vnd.apple.mpegurl")) {
      const { NativeEngine } = await import("../../watch/nativeEngine.ts");
      this.#engine = new NativeEngine(this.#video, this.#url, listener);
    } else {
      this.state = "unsupported";
    }
  }

  #onReady(): void {
    const { rungs } = this.#engine ?? { rungs: [] };
    if (rungs.length > 1) this.#engine?.choose(rungForPreview(rungs));
    // Where the browser starts nothing by itself, not even without sound, the poster stays.
    void this.#video.play().catch(() => undefined);
  }

  #again(reason: Failure): void {
    if (reason === "barred") doubtMedia();
    this.state = "loading";
    this.#engine?.destroy();
    this.#engine = null;
    this.#backoff.retry(() => void this.#build());
  }

  #look(): void {
    if (!this.#engine || this.state === "unsupported" || this.#video.currentTime === 0) return;
    this.state = "playing";
    this.#backoff.reset();
    this.#catchUp(this.#engine);
    this.date = this.#engine.dateAt(this.#video.currentTime);
  }

  /** After an outage the picture would stay as late as that was long. */
  #catchUp({ extent, isCutOff }: Engine): void {
    const isPlaying = !this.#video.seeking && this.#video.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA;
    if (!extent || isCutOff || !isPlaying) return;
    if (extent.live - this.#video.currentTime > LATE_SECONDS) this.#video.currentTime = extent.live;
  }
}

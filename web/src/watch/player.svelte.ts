import { memory } from "../shared/memory.ts";
import { Backoff } from "../shared/net/backoff.ts";
import type { ChannelState } from "../shared/types.ts";
import type { Engine, Extent, Facts, Listener } from "./engine.ts";

/**
 * "loading" at first; "off" and "ended": nothing is on air; "away": the server does not answer; "unsupported":
 * this browser plays no live streams.
 */
export type PlayerState = "loading" | "playing" | "off" | "away" | "ended" | "unsupported";

const LIVE_WITHIN_SECONDS = 8;
const LOOK_EVERY_MS = 250;
const STARVED_FOR_MS = 8000;
/** Seeking stays this far from the oldest segment, which leaves while it is being loaded. */
const MARGIN_SECONDS = 2;

/**
 * Plays one live stream for as long as the page is open: it waits while the channel is off air, and comes back
 * by itself, to where the viewer was, when the server or the network was away.
 */
export class Player {
  readonly facts: Facts = { fatalErrors: 0, errors: [], stalls: 0, rebuilds: 0, discontinuities: [], level: -1 };

  state = $state<PlayerState>("loading");
  rungs = $state.raw<readonly string[]>([]);
  /** The rung that the viewer chose; "" for the player's own choice. */
  chosen = $state(memory.read("quality") ?? "");
  /** The rung on the screen. */
  rung = $state("");
  position = $state(0);
  extent = $state.raw<Extent | null>(null);
  /** The picture's date-time, in ms since 1970. */
  date = $state<number | null>(null);
  isPaused = $state(true);
  /** It wants to play, and there is nothing to show. */
  isStarved = $state(false);
  isCutOff = $state(false);
  /** The browser wants a click before anything plays. */
  isBlocked = $state(false);
  /** The browser wants a click before there is sound. */
  isSilenced = $state(false);
  isMuted = $state(memory.read("muted") === "yes");
  volume = $state(Number(memory.read("volume") ?? 1));

  readonly #video: HTMLVideoElement;
  readonly #url: string;
  readonly #backoff = new Backoff();
  readonly #ending = new AbortController();
  readonly #looking: ReturnType<typeof setInterval>;
  #engine: Engine | null = null;
  #starvedSince: number | null = null;
  #returnTo: number | null = null;
  #isHeld = false;
  #channel: ChannelState = "on";

  constructor(video: HTMLVideoElement, url: string) {
    this.#video = video;
    this.#url = url;
    video.muted = this.isMuted;
    video.volume = this.volume;
    const on = (event: string, act: () => void): void =>
      video.addEventListener(event, act, { signal: this.#ending.signal });
    on("playing", () => this.#onPlaying());
    on("waiting", () => (this.facts.stalls += this.state === "playing" && !video.seeking ? 1 : 0));
    on("ended", () => this.#restart("ended"));
    on("volumechange", () => this.#onVolume());
    for (const event of ["play", "pause", "seeked", "timeupdate"]) on(event, () => this.#look());
    this.#looking = setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  /** Tell the player what the server says of the channel: it need not try while nothing is on air. */
  hear(state: ChannelState): void {
    this.#channel = state;
    if (this.state === "playing" || this.state === "unsupported") return;
    if (state === "off") {
      this.#backoff.reset();
      if (this.state !== "ended") this.state = "off";
    } else if (!this.#engine) {
      this.start();
    }
  }

  /** Begin, or begin again at once. */
  start(): void {
    this.#backoff.reset();
    void this.#build();
  }

  destroy(): void {
    this.#ending.abort();
    clearInterval(this.#looking);
    this.#backoff.reset();
    this.#engine?.destroy();
    this.#engine = null;
  }

  /** Stay at a rung; "" lets the player choose. It is remembered. */
  choose(rung: string): void {
    this.chosen = rung;
    memory.write("quality", rung || null);
    this.#engine?.choose(rung);
  }

  /** Seconds behind where one would be by default. */
  get behind(): number {
    return this.extent ? Math.max(0, this.extent.live - this.position) : 0;
  }

  get isLive(): boolean {
    return this.state === "playing" && !this.isPaused && this.behind < LIVE_WITHIN_SECONDS;
  }

  goLive(): void {
    if (this.extent && this.behind > 1) this.seek(this.extent.live);
    this.play();
  }

  /** Go to a position in the video element's seconds, as far as it can be watched. */
  seek(position: number): void {
    const { extent } = this;
    if (!extent) return;
    this.#video.currentTime = Math.max(extent.start + MARGIN_SECONDS, Math.min(position, extent.live));
    this.#look();
  }

  seekBy(seconds: number): void {
    this.seek(this.#video.currentTime + seconds);
  }

  /** Go to a date-time, in ms since 1970. */
  seekTo(date: number): void {
    const position = this.#engine?.positionAt(date) ?? null;
    if (position !== null) this.seek(position);
  }

  /** Tell whether a date-time can still be watched. */
  reaches(date: number): boolean {
    const start = this.extent && this.#engine?.dateAt(this.extent.start);
    return typeof start === "number" && date >= start;
  }

  dateAt(position: number): number | null {
    return this.#engine?.dateAt(position) ?? null;
  }

  play(): void {
    this.#isHeld = false;
    void this.#tryToPlay();
  }

  pause(): void {
    this.#isHeld = true;
    this.#video.pause();
  }

  toggle(): void {
    if (this.isPaused) this.play();
    else this.pause();
  }

  mute(isMuted: boolean): void {
    this.#video.muted = isMuted;
  }

  /** share: from 0 to 1. */
  setVolume(share: number): void {
    this.#video.volume = Math.min(1, Math.max(0, share));
    this.#video.muted = share <= 0;
  }

  /** More or less loud, by a share of the whole. */
  turnUp(share: number): void {
    this.setVolume(this.#video.volume + share);
  }

  async #build(): Promise<void> {
    this.#engine?.destroy();
    this.#engine = null;
    const hls = await import("./hlsEngine.ts").catch(() => null);
    if (this.#ending.signal.aborted || this.#engine) return;
    const listener: Listener = { ready: () => this.#onReady(), failed: (reason) => this.#restart(reason) };
    if (!hls) {
      this.#restart("away");
    } else if (hls.isSupported()) {
      this.#engine = new hls.HlsEngine(this.#video, this.#url, listener, this.facts);
    } else if (this.#video.canPlayType("application/vnd.apple.mpegurl")) {
      const { NativeEngine } = await import("./nativeEngine.ts");
      this.#engine = new NativeEngine(this.#video, this.#url, listener);
    } else {
      this.state = "unsupported";
    }
  }

  #onReady(): void {
    this.rungs = this.#engine?.rungs ?? [];
    if (this.rungs.includes(this.chosen)) this.#engine?.choose(this.chosen);
    if (!this.#isHeld) void this.#tryToPlay();
  }

  /** Sound may need a click of the viewer first; without it, the picture plays on. */
  async #tryToPlay(): Promise<void> {
    const video = this.#video;
    try {
      await video.play();
      this.isBlocked = false;
    } catch (error) {
      if ((error as DOMException).name !== "NotAllowedError") return; // a restart interrupted this
      if (video.muted) {
        this.isBlocked = true;
      } else {
        this.isSilenced = true;
        video.muted = true;
        await this.#tryToPlay();
      }
    }
  }

  #onPlaying(): void {
    this.#backoff.reset();
    this.state = "playing";
    this.#look();
    if (this.#returnTo !== null) this.seekTo(this.#returnTo);
    this.#returnTo = null;
  }

  #onVolume(): void {
    const { muted, volume } = this.#video;
    this.isMuted = muted;
    this.volume = volume;
    if (!muted) this.isSilenced = false;
    memory.write("volume", String(volume));
    if (!this.isSilenced) memory.write("muted", muted ? "yes" : null);
  }

  /** Bring what the page shows up to date. */
  #look(): void {
    const [video, engine] = [this.#video, this.#engine];
    this.isPaused = video.paused;
    if (!engine || this.state !== "playing") return;
    this.position = video.currentTime;
    this.extent = engine.extent;
    this.date = engine.dateAt(video.currentTime);
    this.rung = engine.rung;
    this.isCutOff = engine.isCutOff;
    this.isStarved = !video.paused && video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA;
    this.#watchOver();
  }

  /** A short gap heals by itself; after a long one it is better to begin anew. */
  #watchOver(): void {
    if (!this.isStarved) this.#starvedSince = null;
    else this.#starvedSince ??= performance.now();
    if (this.#starvedSince !== null && performance.now() - this.#starvedSince > STARVED_FOR_MS) this.#restart("away");
  }

  #restart(state: "off" | "away" | "ended"): void {
    if (this.state === "playing" && state === "away" && !this.isLive) this.#returnTo = this.date;
    this.state = state;
    this.facts.rebuilds += 1;
    this.#starvedSince = null;
    this.isStarved = this.isCutOff = false;
    this.#engine?.destroy();
    this.#engine = null;
    if (this.#channel !== "off") this.#backoff.retry(() => void this.#build());
  }
}

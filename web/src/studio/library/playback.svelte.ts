import type { Engine, Facts, Failure } from "../../watch/engine.ts";
import { doubtMedia } from "../media.svelte.ts";

const LOST = "The preview does not load. Check that the server is running, and press play again.";

/** Plays a video by itself, from its beginning. The player is loaded when it is first wanted. */
export class Playback {
  position = $state(0);
  isPlaying = $state(false);
  isMuted = $state(false);
  isWaiting = $state(false);
  fault = $state("");
  readonly #video: HTMLVideoElement;
  readonly #urlNow: () => string;
  readonly #listening = new AbortController();
  #engine: Engine | null = null;
  #begun: Promise<void> | null = null;
  #isOver = false;

  /** urlNow: where the video is when it is first wanted. */
  constructor(video: HTMLVideoElement, urlNow: () => string) {
    this.#video = video;
    this.#urlNow = urlNow;
    const { signal } = this.#listening;
    const on = (name: string, act: () => void): void => video.addEventListener(name, act, { signal });
    on("play", () => (this.isPlaying = true));
    on("pause", () => (this.isPlaying = false));
    on("waiting", () => (this.isWaiting = true));
    on("playing", () => (this.isWaiting = false));
    on("volumechange", () => (this.isMuted = video.muted));
    on("timeupdate", () => (this.position = video.currentTime));
  }

  async toggle(): Promise<void> {
    if (this.isPlaying) {
      this.#video.pause();
      return;
    }
    this.fault = "";
    this.isPlaying = true; // what the person wants shows at once
    await this.#begin(this.position);
    await this.#video.play().catch(() => (this.isPlaying = false));
  }

  /** Go to a place. seconds: from the beginning. */
  seek(seconds: number): void {
    this.position = seconds;
    if (this.#engine) this.#video.currentTime = seconds;
    else void this.#begin(seconds);
  }

  toggleSound(): void {
    this.#video.muted = !this.#video.muted;
  }

  destroy(): void {
    this.#isOver = true;
    this.#listening.abort();
    this.#close();
  }

  #begin(startAt: number): Promise<void> {
    this.#begun ??= this.#open(startAt);
    return this.#begun;
  }

  async #open(startAt: number): Promise<void> {
    this.isWaiting = true;
    const hls = await import("../../watch/hlsEngine.ts").catch(() => null);
    if (this.#isOver) return;
    if (!hls) return this.#fail("away");
    const facts: Facts = { fatalErrors: 0, errors: [], stalls: 0, rebuilds: 0, discontinuities: [], level: -1 };
    const listener = { ready: () => (this.isWaiting = false), failed: (reason: Failure) => this.#fail(reason) };
    if (hls.isSupported()) {
      this.#engine = new hls.HlsEngine(this.#video, this.#urlNow(), listener, facts, { position: startAt });
    } else {
      const { NativeEngine } = await import("../../watch/nativeEngine.ts");
      this.#engine = new NativeEngine(this.#video, this.#urlNow(), listener);
    }
  }

  #fail(reason: Failure): void {
    if (reason !== "away") doubtMedia();
    this.#close();
    this.#begun = null;
    this.isWaiting = this.isPlaying = false;
    this.fault = LOST;
  }

  #close(): void {
    this.#engine?.destroy();
    this.#engine = null;
  }
}

import { memory } from "../shared/memory.ts";
import { Backoff } from "../shared/net/backoff.ts";
import type { ChannelState } from "../shared/types.ts";
import type { Engine, Extent, Facts, Failure, Listener } from "./engine.ts";
import { lineHere } from "./line.ts";
import { Opening } from "./opening.ts";
import { paceAfter } from "./pace.ts";
import { reachOf } from "./reach.ts";
import { placeIn, ReplayEngine, type Replay } from "./replay.ts";

/**
 * "loading" at first; "off" and "ended": nothing is on air; "away": the server does not answer; "barred": it gives the
 * stream no longer, or not there; "unsupported": this browser plays no live streams.
 */
export type PlayerState = "loading" | "playing" | "off" | "away" | "barred" | "ended" | "unsupported";

/**
 * Multivariant playlists. live: what everybody loads, the last minute. rewind: as far back as one may go. base: the
 * address of the folder that they and all media are in.
 */
export interface Urls {
  readonly base: string;
  readonly live: string;
  readonly rewind: string;
}

const LIVE_WITHIN_SECONDS = 8;
/** Below this, in bits per second, the smallest variant is begun with: the page's files show half of the line, or more. */
const SLOW_BPS = 500_000;
const LOOK_EVERY_MS = 250;
const STARVED_FOR_MS = 8000;
/** Who holds the picture longer than a double click does wants to go on where it stands. */
const HELD_FOR_MS = 2000;
/** Seeking stays this far from the oldest segment, which leaves while it is being loaded. */
const MARGIN_SECONDS = 2;

/**
 * Plays one live stream for as long as the page is open: it waits while the channel is off air, and comes back
 * by itself, to where the viewer was, when the server or the network was away. It loads the short playlist at the live
 * edge, and the long one for as long as its viewer is further back than that reaches.
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
  /** What can be watched, also by way of the long playlist. */
  extent = $state.raw<Extent | null>(null);
  /** Another playlist is being loaded; the picture stands still. */
  isTravelling = $state(false);
  /** The showing that is played from the video itself, if one is. */
  replayed = $state.raw<Replay | null>(null);
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
  #urls: Urls;
  readonly #keepFrame: () => void;
  readonly #now: () => number;
  readonly #onBarred: () => void;
  readonly #backoff = new Backoff();
  readonly #ending = new AbortController();
  readonly #looking: ReturnType<typeof setInterval>;
  #engine: Engine | null = null;
  #starvedSince: number | null = null;
  #pausedSince: number | null = null;
  /** The viewer wants the live edge, and did not choose to be behind it. */
  #isFollowing = true;
  /** The date-time at which playing goes on, in ms since 1970; null for the live edge. */
  #goesOnAt: number | null = null;
  #isRewound = false;
  #oldest: number | null = null;
  #isHeld = false;
  #channel: ChannelState = "on";

  /**
   * keepFrame: called before the picture vanishes for a moment. now: the server's time, in ms since 1970. onBarred:
   * called when the server gives the stream no longer; what it says then should be heard.
   */
  constructor(video: HTMLVideoElement, urls: Urls, keepFrame: () => void, now: () => number, onBarred: () => void) {
    this.#video = video;
    this.#urls = urls;
    this.#keepFrame = keepFrame;
    this.#now = now;
    this.#onBarred = onBarred;
    video.muted = this.isMuted;
    video.volume = this.volume;
    const on = (event: string, act: () => void): void =>
      video.addEventListener(event, act, { signal: this.#ending.signal });
    on("playing", () => this.#onPlaying());
    on("loadeddata", () => this.#onPicture());
    on("waiting", () => (this.facts.stalls += this.state === "playing" && !video.seeking && !this.isTravelling ? 1 : 0));
    on("ended", () => (this.replayed ? this.#returnFrom(this.replayed) : this.#restart("ended")));
    on("volumechange", () => this.#onVolume());
    for (const event of ["play", "pause", "seeked", "timeupdate"]) on(event, () => this.#look());
    this.#looking = setInterval(() => this.#look(), LOOK_EVERY_MS);
    void loadHls(); // while the page asks what is on
  }

  /**
   * Tell the player what the server says of the channel: it need not try while nothing is on air.
   * oldest: the date-time to which one can go back, in ms since 1970.
   */
  hear(state: ChannelState, oldest: number | null): void {
    this.#channel = state;
    this.#oldest = oldest;
    if (this.state === "playing" || this.state === "unsupported") return;
    if (this.state === "barred" && state !== "off") return; // the page is told at once, and asking at once would have no end
    if (state === "off") {
      this.#backoff.reset();
      if (this.state !== "ended") this.state = "off";
    } else if (!this.#engine) {
      this.start();
    }
  }

  /** Everything is in another folder from now on: go on there, at the same place. */
  move(urls: Urls): void {
    const before = this.#urls;
    if (urls.base === before.base) return;
    this.#urls = urls;
    const { replayed, date } = this;
    if (replayed) this.replayed = { ...replayed, url: urls.base + replayed.url.slice(before.base.length) };
    if (this.state === "barred") return this.start();
    if (this.state !== "playing") return;
    this.#travel(this.position, this.isLive && !replayed ? null : date, this.replayed);
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
    this.#isHeld = false;
    this.#isFollowing = true;
    if (this.extent && this.behind > 1) this.seek(this.extent.live);
    this.play();
  }

  /** Go to a position in the video element's seconds, as far as it can be watched. */
  seek(position: number): void {
    const [{ extent }, loaded] = [this, this.#engine?.extent];
    if (!extent || !loaded || this.isTravelling) return;
    const wanted = Math.max(extent.start + MARGIN_SECONDS, Math.min(position, extent.live));
    const isLive = wanted > extent.live - LIVE_WITHIN_SECONDS;
    this.#isFollowing = wanted === extent.live;
    const date = this.dateAt(wanted);
    if (this.replayed && !isLive && isWithin(this.replayed, date)) {
      this.#video.currentTime = wanted;
      this.#look();
    } else if (this.replayed) {
      this.#travel(wanted, isLive ? null : date);
    } else if (this.#isRewound && isLive) {
      this.#travel(wanted, null);
    } else if (!this.#isRewound && wanted < loaded.start + MARGIN_SECONDS) {
      this.#travel(wanted, date);
    } else {
      this.#video.currentTime = wanted;
      this.#look();
    }
  }

  seekBy(seconds: number): void {
    this.seek(this.#video.currentTime + seconds);
  }

  /** Tell whether a showing can be played from its video now. */
  get canReplay(): boolean {
    return this.state === "playing" && !this.isTravelling;
  }

  /** Play a showing from its video, from its beginning; at its end the channel goes on. */
  replay(replay: Replay): void {
    if (this.canReplay) this.#travel(replay.offset, replay.startsAt, replay);
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
    if (!this.#comeBack()) void this.#tryToPlay();
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

  /** Go on in another playlist, at a date-time; null for the live edge. */
  #travel(position: number, date: number | null, replay: Replay | null = null): void {
    this.#keepFrame();
    this.isTravelling = this.isStarved = true;
    this.position = position;
    this.#goesOnAt = date;
    this.replayed = replay;
    void this.#build();
  }

  /** Go on with what aired after a showing that was played from its video. */
  #returnFrom({ endsAt }: Replay): void {
    this.#travel(this.position, endsAt !== null && endsAt < this.#now() - LIVE_WITHIN_SECONDS * 1000 ? endsAt : null);
  }

  /** Return to a place that left the short playlist, after a pause for instance; return whether that is needed. */
  #comeBack(): boolean {
    const loaded = this.#engine?.extent;
    if (this.state !== "playing" || this.isTravelling || !loaded || !this.extent) return false;
    const position = this.#video.currentTime;
    if (position >= loaded.start || this.extent.start + MARGIN_SECONDS > loaded.start) return false;
    this.seek(position);
    return true;
  }

  async #build(): Promise<void> {
    this.#engine?.destroy();
    this.#engine = null;
    const [date, replay] = [this.#goesOnAt, this.replayed];
    this.#isRewound = date !== null && !replay;
    this.#isFollowing = date === null && !replay;
    const url = replay?.url ?? (date === null ? this.#urls.live : this.#urls.rewind);
    const start = replay ? { position: placeIn(replay, date ?? replay.startsAt) } : date === null ? {} : { date };
    const made = (engine: Engine): Engine => (replay ? new ReplayEngine(engine, replay, this.#now) : engine);
    const opening = isHlsHere ? null : new Opening(url, (lineHere() ?? Infinity) < SLOW_BPS);
    const hls = await loadHls();
    if (this.#ending.signal.aborted || this.#engine) return;
    const listener: Listener = { ready: () => this.#onReady(), failed: (reason) => this.#restart(reason) };
    if (!hls) {
      this.#restart("away");
    } else if (hls.isSupported()) {
      this.#engine = made(new hls.HlsEngine(this.#video, url, listener, this.facts, start, opening));
    } else if (this.#video.canPlayType("application/vnd.apple.mpegurl")) {
      const { NativeEngine } = await import("./nativeEngine.ts");
      this.#engine = made(new NativeEngine(this.#video, url, listener, start));
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
    this.#goesOnAt = null;
    this.isTravelling = false;
    this.#look();
  }

  /** There is a picture, also where the viewer holds it. */
  #onPicture(): void {
    this.isTravelling = false;
    this.#look();
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
    if (this.isTravelling) return;
    this.isPaused = video.paused;
    if (!engine || this.state !== "playing") return;
    const loaded = engine.extent;
    this.position = video.currentTime;
    this.extent = loaded && reachOf(loaded, engine.dateAt(loaded.start), this.#oldest);
    this.date = engine.dateAt(video.currentTime);
    this.rung = engine.rung;
    this.isCutOff = engine.isCutOff;
    this.isStarved = !video.paused && video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA;
    this.#keepPace(engine.ahead);
    this.#watchOver();
    if (this.replayed && this.date !== null && !isWithin(this.replayed, this.date)) this.#returnFrom(this.replayed);
    else if (!video.paused) this.#comeBack();
  }

  /** Catch up with the live edge after a stall. */
  #keepPace(ahead: number | null): void {
    if (!this.isPaused) this.#pausedSince = null;
    else this.#pausedSince ??= performance.now();
    if (this.#pausedSince !== null && performance.now() - this.#pausedSince > HELD_FOR_MS) this.#isFollowing = false;
    const pace = paceAfter(this.#video.playbackRate, { isFollowing: this.#isFollowing, behind: this.behind, ahead });
    if (pace !== this.#video.playbackRate) this.#video.playbackRate = pace;
  }

  /** A short gap heals by itself; after a long one it is better to begin anew. */
  #watchOver(): void {
    if (!this.isStarved) this.#starvedSince = null;
    else this.#starvedSince ??= performance.now();
    if (this.#starvedSince !== null && performance.now() - this.#starvedSince > STARVED_FOR_MS) this.#restart("away");
  }

  #restart(state: Failure | "ended"): void {
    const isOver = state === "off" || state === "ended";
    if (this.state === "playing" && !this.isTravelling) this.#goesOnAt = isOver || this.isLive ? null : this.date;
    if (isOver) this.replayed = null;
    this.state = state;
    this.isTravelling = false;
    this.facts.rebuilds += 1;
    this.#starvedSince = null;
    this.isStarved = this.isCutOff = false;
    this.#engine?.destroy();
    this.#engine = null;
    if (this.#channel !== "off") this.#backoff.retry(() => void this.#build());
    if (state === "barred") this.#onBarred();
  }
}

let isHlsHere = false;

/** Load the code that plays nearly everywhere; null where the server is away. */
async function loadHls(): Promise<typeof import("./hlsEngine.ts") | null> {
  try {
    const hls = await import("./hlsEngine.ts");
    isHlsHere = true;
    return hls;
  } catch {
    return null;
  }
}

/** Tell whether a date-time (ms since 1970) belongs to a showing. */
function isWithin({ startsAt, endsAt }: Replay, date: number | null): boolean {
  return date !== null && date >= startsAt && (endsAt === null || date < endsAt);
}

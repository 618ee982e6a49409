import Hls, {
  type ErrorData,
  type Fragment,
  type HlsConfig,
  type Loader,
  type LoaderContext,
  type LoadPolicy,
  type RetryConfig,
} from "hls.js/light";
import { fragmentHolding } from "./axis.ts";
import type { Engine, Extent, Facts, Listener, Start } from "./engine.ts";
import { withStart } from "./startdate.ts";

type PlaylistLoader = HlsConfig["pLoader"];

/** hls.js gives up at once when a server refuses connections; ours may be starting anew, so it is asked again. */
const errorRetry: RetryConfig = {
  maxNumRetry: 40,
  retryDelayMs: 300,
  maxRetryDelayMs: 1000,
  backoff: "linear",
  shouldRetry: (policy, count, _isTimeout, reply, retry) =>
    retry || (reply?.code === 0 && count < (policy?.maxNumRetry ?? 0)),
};
const timeoutRetry: RetryConfig = { maxNumRetry: 4, retryDelayMs: 0, maxRetryDelayMs: 0 };
const policy = (firstByteMs: number, loadMs: number): LoadPolicy => ({
  default: { maxTimeToFirstByteMs: firstByteMs, maxLoadTimeMs: loadMs, timeoutRetry, errorRetry },
});

const CONFIG: Partial<HlsConfig> = {
  backBufferLength: 60,
  playlistLoadPolicy: policy(8000, 15_000),
  fragLoadPolicy: policy(8000, 60_000),
};

const PLAYED_OUT_SECONDS = 10;
const REPAIR_AGAIN_AFTER_MS = 5000;

export const isSupported = (): boolean => Hls.isSupported();

/** Plays by hls.js, wherever there are Media Source Extensions. */
export class HlsEngine implements Engine {
  isCutOff = false;
  readonly #hls: Hls;
  readonly #listener: Listener;
  readonly #facts: Facts;
  #repairedAt = -Infinity;

  /**
   * start: a position in seconds, or a date-time (ms since 1970); by default near the live edge, or at the beginning of
   * what is complete.
   */
  constructor(video: HTMLVideoElement, url: string, listener: Listener, facts: Facts, start: Start = {}) {
    this.#listener = listener;
    this.#facts = facts;
    const pLoader = start.date === undefined ? {} : { pLoader: loaderFrom(start.date) };
    const hls = new Hls({ ...CONFIG, ...pLoader, startPosition: start.position ?? -1 });
    this.#hls = hls;
    hls.on(Hls.Events.MANIFEST_PARSED, () => listener.ready());
    hls.on(Hls.Events.LEVEL_SWITCHED, (_, { level }) => (facts.level = level));
    hls.on(Hls.Events.FRAG_CHANGED, (_, { frag }) => this.#note(frag));
    hls.on(Hls.Events.LEVEL_LOADED, () => (this.isCutOff = false));
    hls.on(Hls.Events.ERROR, (_, data) => this.#onError(data));
    hls.loadSource(url);
    hls.attachMedia(video);
  }

  get rungs(): readonly string[] {
    return this.#hls.levels.map(nameOf).reverse();
  }

  get rung(): string {
    const level = this.#hls.levels[this.#hls.currentLevel];
    return level ? nameOf(level) : "";
  }

  get extent(): Extent | null {
    const details = this.#hls.latestLevelDetails;
    if (!details?.live) return null;
    const { fragmentStart: start, edge: end } = details;
    return { start, end, live: Math.max(start, this.#hls.liveSyncPosition ?? end) };
  }

  get ahead(): number {
    return this.#hls.mainForwardBufferInfo?.len ?? 0;
  }

  /** Near the live edge the few seconds that are loaded are played out, so that nothing stalls. */
  choose(rung: string): void {
    const level = this.#hls.levels.findIndex((candidate) => nameOf(candidate) === rung);
    if (this.ahead < PLAYED_OUT_SECONDS) this.#hls.loadLevel = level;
    else this.#hls.nextLevel = level;
  }

  dateAt(position: number): number | null {
    const found = fragmentHolding(this.#fragments, "start", position);
    return found ? found.programDateTime + (position - found.start) * 1000 : null;
  }

  positionAt(date: number): number | null {
    const found = fragmentHolding(this.#fragments, "programDateTime", date);
    return found ? found.start + (date - found.programDateTime) / 1000 : null;
  }

  destroy(): void {
    this.#hls.destroy();
  }

  get #fragments() {
    const fragments = this.#hls.latestLevelDetails?.fragments ?? [];
    return fragments.flatMap(({ start, programDateTime }) =>
      programDateTime === null ? [] : [{ start, programDateTime }],
    );
  }

  #note(fragment: Fragment): void {
    const { discontinuities } = this.#facts;
    if (!discontinuities.includes(fragment.cc)) discontinuities.push(fragment.cc);
  }

  #onError(data: ErrorData): void {
    const status = data.response?.code ?? -1;
    if (data.details === Hls.ErrorDetails.BUFFER_STALLED_ERROR) this.#facts.stalls += 1;
    if (data.type === Hls.ErrorTypes.NETWORK_ERROR) this.isCutOff = status === 0 || status >= 500;
    if (data.fatal) this.#onFatal(data, status === 404 || status === 410);
  }

  #onFatal(data: ErrorData, isOff: boolean): void {
    if (!isOff) {
      this.#facts.fatalErrors += 1;
      this.#facts.errors.push(`${data.type}: ${data.details}`);
    }
    const canRepair = data.type === Hls.ErrorTypes.MEDIA_ERROR;
    if (canRepair && performance.now() - this.#repairedAt > REPAIR_AGAIN_AFTER_MS) {
      this.#repairedAt = performance.now();
      this.#hls.recoverMediaError();
    } else {
      this.#listener.failed(isOff ? "off" : "away");
    }
  }
}

/** Return a loader of playlists in which playing begins at a date-time. */
function loaderFrom(date: number): PlaylistLoader {
  return class extends Hls.DefaultConfig.loader {
    override load(...[context, config, callbacks]: Parameters<Loader<LoaderContext>["load"]>): void {
      const onSuccess: typeof callbacks.onSuccess = (response, ...rest) => {
        if (typeof response.data === "string") response.data = withStart(response.data, date);
        callbacks.onSuccess(response, ...rest);
      };
      super.load(context, config, { ...callbacks, onSuccess });
    }
  } as PlaylistLoader;
}

function nameOf(level: { readonly height: number; readonly bitrate: number }): string {
  return level.height ? `${level.height}p` : `${Math.round(level.bitrate / 1000)} kbit/s`;
}

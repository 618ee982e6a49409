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
import { lineHere } from "./line.ts";
import type { Opened, Opening } from "./opening.ts";
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

/** The variant that our playlists name first, and hls.js begins with, needs this much (bits per second). */
const FIRST_VARIANT_BPS = 2_000_000;

/** The server gives nothing any more in this folder. */
const BARRED = 403;
/** What was here is here no longer. */
const GONE = new Set([404, 410]);

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
   * what is complete. opening: what was asked for already.
   */
  constructor(
    video: HTMLVideoElement,
    url: string,
    listener: Listener,
    facts: Facts,
    start: Start = {},
    opening: Opening | null = null,
  ) {
    this.#listener = listener;
    this.#facts = facts;
    const pLoader = loaderOf(opening, start.date);
    const hls = new Hls({ ...CONFIG, ...firstEstimate(), pLoader, startPosition: start.position ?? -1 });
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
    if (status === BARRED) this.#listener.failed("barred"); // hls.js would try the other qualities, over and over
    else if (data.fatal) this.#onFatal(data, GONE.has(status));
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

/** Let hls.js begin with a smaller variant over a slow line, where the first one would take many seconds to come. */
function firstEstimate(): Partial<HlsConfig> {
  const line = lineHere();
  return line !== null && line < FIRST_VARIANT_BPS ? { abrEwmaDefaultEstimate: line } : {};
}

/** Return a loader that takes what was asked for already. date: at which playing begins in what it loads. */
function loaderOf(opening: Opening | null, date: number | undefined): PlaylistLoader {
  return class extends Hls.DefaultConfig.loader {
    #isOver = false;

    override load(...[context, config, callbacks]: Parameters<Loader<LoaderContext>["load"]>): void {
      const onSuccess: typeof callbacks.onSuccess = (response, ...rest) => {
        if (date !== undefined && typeof response.data === "string") response.data = withStart(response.data, date);
        callbacks.onSuccess(response, ...rest);
      };
      const ask = (): void => super.load(context, config, { ...callbacks, onSuccess });
      const give = ({ url, text, askedAt, beganAt, cameAt }: Opened): void => {
        this.stats.loading = { start: askedAt, first: beganAt, end: cameAt };
        this.stats.loaded = this.stats.total = text.length;
        onSuccess({ url, data: text, code: 200 }, this.stats, context, null);
      };
      const asked = opening?.take(context.url);
      if (asked) void asked.then((opened) => this.#isOver || (opened ? give(opened) : ask()));
      else ask();
    }

    override abort(): void {
      this.#isOver = true;
      super.abort();
    }

    override destroy(): void {
      this.#isOver = true;
      super.destroy();
    }
  } as PlaylistLoader;
}

function nameOf(level: { readonly height: number; readonly bitrate: number }): string {
  return level.height ? `${level.height}p` : `${Math.round(level.bitrate / 1000)} kbit/s`;
}

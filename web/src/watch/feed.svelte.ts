import { untrack } from "svelte";
import { ApiError } from "../shared/net/api.ts";
import { Backoff } from "../shared/net/backoff.ts";
import { folder } from "./folder.svelte.ts";
import { ServerClock } from "./serverclock.ts";

const EVERY_MS = 4000;
const UNKNOWN_EVERY_MS = 15_000;
/** No link comes back that has ended. */
const OVER_EVERY_MS = 3_600_000;

/**
 * "wait": no answer yet; "away": the server does not answer; "unknown": there is no such document; "barred": not for
 * this viewer.
 */
export type FeedState = "wait" | "here" | "away" | "unknown" | "barred";

/** One of the documents for viewers, kept fresh while the page can be seen. Viewers need no token, so no WebSocket. */
export class Feed<Data extends { readonly serverTime: string }> {
  #value = $state.raw<Data | null>(null);
  #state = $state<FeedState>("wait");
  #refusal = $state.raw<ApiError | null>(null);
  #clock = new ServerClock();
  #backoff = new Backoff(1000, 8000);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOver = false;
  readonly #path: string;
  readonly #askFor: (path: string) => Promise<Data>;

  constructor(path: string, askFor: (path: string) => Promise<Data> = (one) => folder.read(one)) {
    this.#path = path;
    this.#askFor = askFor;
  }

  /** The last answer; it stays while the server is away. */
  get value(): Data | null {
    return this.#value;
  }

  get state(): FeedState {
    return this.#state;
  }

  /** What the server said, where it is not for this viewer. */
  get refusal(): ApiError | null {
    return this.#refusal;
  }

  /** The server's time, in milliseconds. */
  now(): number {
    return this.#clock.at(Date.now());
  }

  /** Keep it fresh until the returned function is called. */
  follow(): () => void {
    const wake = (): void => void (document.hidden || this.#ask());
    document.addEventListener("visibilitychange", wake);
    addEventListener("online", wake);
    untrack(wake); // whoever calls this in an effect does not want it again because the folder has changed
    return () => {
      this.#isOver = true;
      clearTimeout(this.#timer);
      document.removeEventListener("visibilitychange", wake);
      removeEventListener("online", wake);
    };
  }

  /** Ask now, and not only when it is time. */
  refresh(): void {
    void this.#ask();
  }

  async #ask(): Promise<void> {
    clearTimeout(this.#timer);
    const wait = await this.#read();
    clearTimeout(this.#timer);
    if (!this.#isOver && !document.hidden) this.#timer = setTimeout(() => void this.#ask(), wait);
  }

  /** Read it once; return how long to wait until the next time, in ms. */
  async #read(): Promise<number> {
    try {
      this.#value = await this.#askFor(this.#path);
      this.#clock.hear(Date.parse(this.#value.serverTime), Date.now());
      this.#state = "here";
      this.#refusal = null;
      this.#backoff.reset();
      return EVERY_MS;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#state = stateAfter(error);
      this.#refusal = this.#state === "barred" ? error : null;
      if (this.#state === "away") return this.#backoff.nextMs();
      return folder.isLink && error.code === "link_over" ? OVER_EVERY_MS : UNKNOWN_EVERY_MS;
    }
  }
}

function stateAfter({ status, code }: ApiError): FeedState {
  if (status === 403 || code === "not_public") return "barred";
  return status === 404 ? "unknown" : "away";
}

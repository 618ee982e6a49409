import { at } from "../root.ts";
import type { Moment } from "../types.ts";
import { dataOf } from "./request.ts";

/** A folder, such as "/t/{token}", and until when it holds; "" and null where plain addresses do. */
interface Told {
  readonly folder: string;
  readonly expiresAt: Moment | null;
}

const RENEW_NOT_BEFORE_MS = 60_000;

/**
 * The folder in which the server gives all that whoever asks may watch. It is renewed when half of its time is over,
 * since a stream or a picture that has begun is not to end in the middle.
 */
export class Admission {
  #folder = $state("");
  #isKnown = $state(false);
  #isGiven = $state(false);
  #asking: Promise<void> | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #ask: () => Promise<Response | null>;

  /** ask: asks the server for the folder, as whoever is signed in; null where that is nobody who may watch more. Throws ApiError. */
  constructor(ask: () => Promise<Response | null>) {
    this.#ask = ask;
  }

  /** "/t/{token}", or "" while plain addresses do. Reactive. */
  get folder(): string {
    return this.#folder;
  }

  /** The server has been asked, and has answered. Reactive. */
  get isKnown(): boolean {
    return this.#isKnown;
  }

  /** It has let in whoever asked. Reactive. */
  get isGiven(): boolean {
    return this.#isGiven;
  }

  /** Return the full address of a path of a stream or of media. Reactive. */
  at(path: string): string {
    return at(`${this.#folder}/${path.replace(/^\//, "")}`);
  }

  /** Ask which folder it is, once for all who want to know at the same time. Throws ApiError. */
  renew(): Promise<void> {
    this.#asking ??= this.#renew().finally(() => (this.#asking = null));
    return this.#asking;
  }

  async #renew(): Promise<void> {
    const reply = await this.#ask();
    const told: Told = reply ? await dataOf<Told>(reply) : { folder: "", expiresAt: null };
    this.#folder = told.folder;
    this.#isKnown = true;
    this.#isGiven = reply !== null;
    clearTimeout(this.#timer);
    if (told.expiresAt === null) return;
    const now = Date.parse(reply?.headers.get("date") ?? "") || Date.now();
    const soon = Math.max(RENEW_NOT_BEFORE_MS, (Date.parse(told.expiresAt) - now) / 2);
    this.#timer = setTimeout(() => void this.renew().catch(() => undefined), soon); // what it ends says so when it has
  }
}

import { socketAt } from "../root.ts";
import { api, ApiError } from "./api.ts";
import { Backoff } from "./backoff.ts";
import { clockOffset, valueAfter, type Echo, type Frame, type Refusal } from "./frames.ts";
import { session } from "./session.svelte.ts";

const PING_EVERY_MS = 15_000;
const ANSWER_WITHIN_MS = 8000;
const ECHOES = 5;

/** Connections that fail one after the other before the server is asked without one. */
const FAILURES = 3;
const ASK_EVERY_MS = 4000;

/** Why the server closed the connection (docs/reference/events.md). */
const BAD_FRAME = 4400;
const BAD_TOKEN = 4401;
const BAD_ORIGIN = 4403;

/**
 * "wait": not tried yet; "lost": trying again by itself; "refused": the server does not want this page; "barred": the
 * server answers requests, but something before it passes no WebSockets on, so that topics are asked for now and then.
 * What was told before stays readable meanwhile.
 */
export type Connection = "wait" | "open" | "lost" | "refused" | "barred";

/**
 * The one WebSocket of the page. It is opened by the first subscription, comes back by itself, and then subscribes
 * again, which brings every topic up to date.
 */
class Events {
  #connection = $state<Connection>("wait");
  #values = $state.raw<Readonly<Record<string, unknown>>>({});
  #refusals = $state.raw<Readonly<Record<string, Refusal>>>({});
  #offset = $state(0);
  #wanted = new Map<string, number>();
  #socket: WebSocket | null = null;
  #isOpening = false;
  #echoes: Echo[] = [];
  #backoff = new Backoff(500, 10_000);
  #pinging: ReturnType<typeof setInterval> | undefined;
  #dying: ReturnType<typeof setTimeout> | undefined;
  #isTelling = false;
  /** Connections that were lost since one was heard. */
  #failures = 0;
  /** The server has answered a request since then. */
  #isReachable = false;
  #asking: ReturnType<typeof setTimeout> | undefined;
  /** What the server said last before it closed a connection. */
  #farewell: Refusal | undefined;

  get connection(): Connection {
    return this.#connection;
  }

  /** Whether what is shown is of now, or of a moment ago. */
  get isHeard(): boolean {
    return this.#connection === "open" || this.#connection === "barred";
  }

  /** The server's clock, in ms since 1970; reads are not reactive by themselves (see clock.svelte.ts). */
  now(): number {
    return Date.now() + this.#offset;
  }

  /** Return a topic's last value. Reactive. */
  value(topic: string): unknown {
    return this.#values[topic];
  }

  /** Return why a topic cannot be given, for instance because its channel does not exist. Reactive. */
  refusal(topic: string): Refusal | undefined {
    return this.#refusals[topic];
  }

  /** Hear of a topic until the returned function is called. */
  subscribe(topic: string): () => void {
    this.#wanted.set(topic, (this.#wanted.get(topic) ?? 0) + 1);
    this.#tellSoon();
    return () => {
      const left = (this.#wanted.get(topic) ?? 1) - 1;
      if (left > 0) this.#wanted.set(topic, left);
      else this.#wanted.delete(topic);
      this.#tellSoon();
    };
  }

  /** Say what we want, once for all changes of this moment: a page that closes and one that opens are one change. */
  #tellSoon(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    queueMicrotask(() => {
      this.#isTelling = false;
      if (!this.#socket && this.#wanted.size > 0) void this.#open();
      else if (this.#socket?.readyState === WebSocket.OPEN) this.#send({ subscribe: [...this.#wanted.keys()] });
      if (this.#connection === "barred") void this.#askForAll();
      this.#forgetUnwanted();
    });
  }

  /** A value that nobody listens to would be old when it is wanted again. */
  #forgetUnwanted(): void {
    this.#values = this.#onlyWanted(this.#values);
    this.#refusals = this.#onlyWanted(this.#refusals);
  }

  #onlyWanted<Kind>(record: Readonly<Record<string, Kind>>): Readonly<Record<string, Kind>> {
    return Object.fromEntries(Object.entries(record).filter(([topic]) => this.#wanted.has(topic)));
  }

  /** Once is enough: a page that subscribes, a retry and an answer to the question of who is there may come together. */
  async #open(): Promise<void> {
    if (this.#socket || this.#isOpening) return;
    this.#isOpening = true;
    try {
      await session.known();
    } catch {
      return this.#onLost();
    } finally {
      this.#isOpening = false;
    }
    this.#connect();
  }

  #connect(): void {
    const socket = new WebSocket(socketAt("api/events"));
    const [token, shown] = [session.token, session.proof];
    this.#socket = socket;
    this.#farewell = undefined;
    socket.onopen = () => {
      this.#send({ ...(token ? { token } : {}), subscribe: [...this.#wanted.keys()] });
      this.#ping();
      this.#pinging = setInterval(() => this.#ping(), PING_EVERY_MS);
    };
    socket.onmessage = ({ data }) => this.#hear(JSON.parse(data as string) as Frame);
    socket.onclose = ({ code }) => this.#onClose(code, shown);
  }

  #onClose(code: number, shown: string): void {
    clearInterval(this.#pinging);
    clearTimeout(this.#dying);
    this.#socket = null;
    if (code === BAD_TOKEN) {
      void this.#proveAnew(shown);
    } else if (code === BAD_FRAME || code === BAD_ORIGIN) {
      this.#connection = "refused";
    } else {
      this.#onLost();
    }
  }

  #onLost(): void {
    this.#failures += 1;
    this.#backoff.retry(() => void this.#open());
    if (this.#isReachable) {
      if (this.#connection === "barred") return;
      this.#connection = "barred";
      void this.#askForAll();
    } else {
      this.#connection = "lost";
      if (this.#failures >= FAILURES) void this.#lookForServer();
    }
  }

  /** Ask the server for something. If it answers, one more connection shows whether it had only been away. */
  async #lookForServer(): Promise<void> {
    try {
      await api.get("api/topics/state");
    } catch {
      return;
    }
    if (this.#connection !== "lost") return;
    this.#isReachable = true;
    this.#backoff.retry(() => void this.#open());
  }

  /** Ask for every topic that is wanted, and again after a while, until there is a connection. */
  async #askForAll(): Promise<void> {
    clearTimeout(this.#asking);
    try {
      await Promise.all([...this.#wanted.keys()].map((topic) => this.#askFor(topic)));
    } catch {
      this.#isReachable = false; // it is away, and a connection would fail as well
      if (this.#connection === "barred") this.#connection = "lost";
    }
    clearTimeout(this.#asking);
    if (this.#connection === "barred") this.#asking = setTimeout(() => void this.#askForAll(), ASK_EVERY_MS);
  }

  async #askFor(topic: string): Promise<void> {
    try {
      const frame = await api.get<Frame>(`api/topics/${topic}`);
      if (this.#connection === "barred") this.#hear(frame);
    } catch (error) {
      if (!(error instanceof ApiError) || error.isPassing) throw error;
      if (this.#connection === "barred") this.#hear({ topic, error: { code: error.code, message: error.message } });
    }
  }

  /** A session that has run out is renewed and nobody notices; other refusals are a question to the person. */
  async #proveAnew(refused: string): Promise<void> {
    const { code, message } = this.#farewell ?? { code: "", message: "" };
    if (code !== "expired" && code !== "changed") this.#connection = "lost";
    try {
      if (code === "changed") await session.reread();
      else await session.prove(refused, code === "too_many_tokens" ? message : "");
    } catch {
      return this.#onLost();
    }
    this.#backoff.reset();
    void this.#open();
  }

  #hear(frame: Frame): void {
    if ("error" in frame && !("topic" in frame)) this.#farewell = frame.error;
    if ("pong" in frame) this.#onPong(frame.pong, Date.parse(frame.now));
    if (!("topic" in frame) || !this.#wanted.has(frame.topic)) return;
    const { topic } = frame;
    if ("error" in frame) {
      this.#refusals = { ...this.#refusals, [topic]: frame.error };
      this.#values = without(this.#values, topic);
    } else if ("data" in frame || topic in this.#values) {
      this.#values = { ...this.#values, [topic]: valueAfter(frame, this.#values[topic]) };
      this.#refusals = without(this.#refusals, topic);
    }
  }

  #ping(): void {
    this.#send({ ping: Date.now() });
    clearTimeout(this.#dying);
    this.#dying = setTimeout(() => this.#socket?.close(), ANSWER_WITHIN_MS);
  }

  #onPong(sentAt: number, serverNow: number): void {
    clearTimeout(this.#dying);
    this.#backoff.reset();
    this.#failures = 0;
    this.#isReachable = false;
    clearTimeout(this.#asking);
    this.#connection = "open";
    this.#echoes = [...this.#echoes, { sentAt, heardAt: Date.now(), serverNow }].slice(-ECHOES);
    this.#offset = clockOffset(this.#echoes);
  }

  #send(frame: unknown): void {
    this.#socket?.send(JSON.stringify(frame));
  }
}

function without<Kind>(record: Readonly<Record<string, Kind>>, name: string): Readonly<Record<string, Kind>> {
  const { [name]: _, ...rest } = record;
  return rest;
}

export const events = new Events();

export interface Live<Data> {
  /** undefined until it is known. */
  readonly value: Data | undefined;
  /** Why it cannot be given. */
  readonly refusal: Refusal | undefined;
}

/**
 * Hear of a topic for as long as the component lives; call it while the component is set up.
 *
 *     const channels = live<ChannelList>(() => "channels");
 */
export function live<Data>(topic: () => string): Live<Data> {
  $effect(() => events.subscribe(topic()));
  return {
    get value() {
      return events.value(topic()) as Data | undefined;
    },
    get refusal() {
      return events.refusal(topic());
    },
  };
}

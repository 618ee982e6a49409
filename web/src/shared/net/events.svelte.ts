import { socketAt } from "../root.ts";
import { Backoff } from "./backoff.ts";
import { clockOffset, valueAfter, type Echo, type Frame, type Refusal } from "./frames.ts";
import { session } from "./session.svelte.ts";

const PING_EVERY_MS = 15_000;
const ANSWER_WITHIN_MS = 8000;
const ECHOES = 5;

/** Why the server closed the connection (docs/reference/events.md). */
const BAD_FRAME = 4400;
const BAD_TOKEN = 4401;
const BAD_ORIGIN = 4403;

/**
 * "wait": not tried yet; "lost": trying again by itself; "refused": the server does not want this page. What was told
 * before stays readable meanwhile.
 */
export type Connection = "wait" | "open" | "lost" | "refused";

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
  #echoes: Echo[] = [];
  #backoff = new Backoff(500, 10_000);
  #pinging: ReturnType<typeof setInterval> | undefined;
  #dying: ReturnType<typeof setTimeout> | undefined;
  #isTelling = false;

  get connection(): Connection {
    return this.#connection;
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
      if (!this.#socket && this.#wanted.size > 0) this.#open();
      else if (this.#socket?.readyState === WebSocket.OPEN) this.#send({ subscribe: [...this.#wanted.keys()] });
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

  /** Once is enough: a page that subscribes, a retry and an answer to the question for the token may come together. */
  #open(): void {
    if (this.#socket) return;
    const socket = new WebSocket(socketAt("api/events"));
    const shown = session.token;
    this.#socket = socket;
    socket.onopen = () => {
      this.#send({ ...(shown ? { token: shown } : {}), subscribe: [...this.#wanted.keys()] });
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
    this.#connection = code === BAD_FRAME || code === BAD_ORIGIN ? "refused" : "lost";
    if (code === BAD_TOKEN) void this.#askForToken(shown);
    else if (this.#connection === "lost") this.#backoff.retry(() => this.#open());
  }

  async #askForToken(refused: string): Promise<void> {
    await session.ask(refused);
    this.#backoff.reset();
    this.#open();
  }

  #hear(frame: Frame): void {
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

import type { Engine, Extent } from "./engine.ts";

/** A showing that began before what one can go back to, played from the video itself. Times in ms since 1970. */
export interface Replay {
  /** The multivariant playlist of the video. */
  readonly url: string;
  readonly startsAt: number;
  /** null while only an edit will end it. */
  readonly endsAt: number | null;
  /** Where in the video it begins, in seconds. */
  readonly offset: number;
}

/** As far as players stay behind what airs. */
const BEHIND_SECONDS = 6;

/** Return where in the video a date-time of the showing is, in seconds. */
export function placeIn({ startsAt, offset }: Replay, date: number): number {
  return offset + (date - startsAt) / 1000;
}

/** Plays a video as if its showing were being watched: with the dates at which it aired, and no further than it has. */
export class ReplayEngine implements Engine {
  readonly #engine: Engine;
  readonly #replay: Replay;
  readonly #now: () => number;

  /** engine: which plays the video. now: the server's time. */
  constructor(engine: Engine, replay: Replay, now: () => number) {
    this.#engine = engine;
    this.#replay = replay;
    this.#now = now;
  }

  get rungs(): readonly string[] {
    return this.#engine.rungs;
  }

  get rung(): string {
    return this.#engine.rung;
  }

  get isCutOff(): boolean {
    return this.#engine.isCutOff;
  }

  get extent(): Extent {
    const end = this.positionAt(this.#now());
    const start = this.#replay.offset;
    return { start, end, live: Math.max(start, end - BEHIND_SECONDS) };
  }

  get ahead(): number | null {
    return this.#engine.ahead;
  }

  choose(rung: string): void {
    this.#engine.choose(rung);
  }

  dateAt(position: number): number {
    return this.#replay.startsAt + (position - this.#replay.offset) * 1000;
  }

  positionAt(date: number): number {
    return placeIn(this.#replay, date);
  }

  destroy(): void {
    this.#engine.destroy();
  }
}

/** How fast something comes, looked at over the last few seconds. Pure: whoever asks brings the time. */

const WINDOW_MS = 6000;

interface Sample {
  readonly at: number;
  readonly bytes: number;
}

export class Meter {
  #samples: Sample[] = [];

  /** Note how much there is. at: in ms, of any clock that only goes forward. */
  note(bytes: number, at: number): void {
    const last = this.#samples.at(-1);
    if (last && bytes < last.bytes) this.#samples = []; // the server had less than we thought
    this.#samples.push({ at, bytes });
    this.#forget(at);
  }

  reset(): void {
    this.#samples = [];
  }

  /** Bytes per second; null while that is unknown. */
  rate(at: number): number | null {
    this.#forget(at);
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (!first || !last || at - first.at < 500) return null;
    return (1000 * (last.bytes - first.bytes)) / (at - first.at);
  }

  #forget(at: number): void {
    const from = this.#samples.findIndex((sample) => sample.at >= at - WINDOW_MS);
    // One sample stays, so that what stands still is seen to stand still.
    this.#samples.splice(0, from < 0 ? this.#samples.length - 1 : from);
  }
}

/** Return the seconds until the rest has come; null while nobody can tell. */
export function secondsLeft(bytes: number, rate: number | null): number | null {
  return rate === null || rate < 1 ? null : bytes / rate;
}

/**
 * The server's time as far as viewers know it. The documents that tell it may come from a cache, so each is a time
 * that the server's clock has passed: the greatest of the last ones comes closest.
 */
export class ServerClock {
  #leads: readonly number[] = [];

  /** serverTime, heardAt: milliseconds, by the server's clock and by ours. */
  hear(serverTime: number, heardAt: number): void {
    this.#leads = [...this.#leads, serverTime - heardAt].slice(-KEPT);
  }

  /** Return the server's time at an instant of our clock. */
  at(instant: number): number {
    return instant + (this.#leads.length ? Math.max(...this.#leads) : 0);
  }
}

const KEPT = 12;

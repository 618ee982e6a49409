/** Waits between attempts: they double up to a limit, and begin anew after a success. */
export class Backoff {
  private attempts = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly firstMs: number;
  private readonly mostMs: number;

  constructor(firstMs = 1000, mostMs = 10_000) {
    this.firstMs = firstMs;
    this.mostMs = mostMs;
  }

  /** Try again after a while; a later call replaces an earlier one. */
  retry(action: () => void): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(action, this.nextMs());
  }

  /** Forget earlier failures, and what was waiting. */
  reset(): void {
    clearTimeout(this.timer);
    this.attempts = 0;
  }

  nextMs(): number {
    return Math.min(this.mostMs, this.firstMs * 2 ** this.attempts++);
  }
}

import { clock } from "../../shared/clock.svelte.ts";
import { memory } from "../../shared/memory.ts";
import { LEVELS, PAST_SHARE, levelFor, nearest, reachOf, type Span } from "./axis.ts";

const REMEMBERED = "guide-level";

/** What of time is in sight. It follows the clock until the person goes somewhere. */
export class View {
  #level = $state<number | null>(remembered());
  #suggested = $state(2);
  #from = $state<number | null>(null);

  readonly level: number = $derived(this.#level ?? this.#suggested);
  readonly span: number = $derived((LEVELS[this.level] ?? LEVELS[2]!).span);
  readonly isFollowing: boolean = $derived(this.#from === null);
  readonly sight: Span = $derived.by(() => {
    const from = this.#from ?? clock.now - this.span * PAST_SHARE;
    return { from, to: from + this.span };
  });

  /** Show what is on now, and stay with it. */
  follow(): void {
    this.#from = null;
  }

  /** Put a moment at the left edge. */
  show(from: number): void {
    this.goTo(from + this.span * PAST_SHARE);
  }

  /** Go to a moment, as far as the guide reaches: it is then at the left, as now is while the clock is followed. */
  goTo(moment: number): void {
    this.#from = nearest(moment, reachOf(clock.now)) - this.span * PAST_SHARE;
  }

  /** Move by a share of what is in sight, to later or (less than 0) earlier. */
  move(share: number): void {
    this.show(this.sight.from + this.span * share);
  }

  /** Show more or less time. The moment at `share` of the picture stays where it is. */
  zoom(level: number, share = PAST_SHARE): void {
    if (level < 0 || level >= LEVELS.length) return;
    const fixed = this.sight.from + this.span * share;
    this.#level = level;
    memory.write(REMEMBERED, String(level));
    if (this.#from !== null) this.show(fixed - this.span * share);
  }

  /** Show several showings that are drawn as one, one by one. */
  open({ from, to }: Span): void {
    this.zoom(Math.max(0, this.level - 1));
    this.show((from + to) / 2 - this.span / 2);
  }

  /** Choose how much time fits videos of this length, unless the person has chosen. */
  suggest(length: number): void {
    if (length > 0) this.#suggested = levelFor(length);
  }
}

function remembered(): number | null {
  const text = memory.read(REMEMBERED);
  const level = text === null ? Number.NaN : Number(text);
  return Number.isInteger(level) && level >= 0 && level < LEVELS.length ? level : null;
}

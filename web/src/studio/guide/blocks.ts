/** What of a channel's programme is drawn, and as what. Pure; moments in ms since 1970. */
import { clockSecondsText, countText } from "../../shared/format.ts";
import type { Showing } from "../../shared/types.ts";
import type { Span } from "./axis.ts";

export type Tense = "past" | "now" | "future";

/** One showing, or several in a row that are too short to be seen one by one. */
export interface Block {
  readonly startsAt: number;
  /** The end of what is known, where the showing has none yet. */
  readonly endsAt: number;
  readonly tense: Tense;
  /** How many showings. */
  readonly count: number;
  readonly isSlate: boolean;
  /** The one showing; of several the first. */
  readonly showing: Showing;
}

/** Narrower than this, in pixels, a showing is drawn together with its neighbours. */
export const LEAST_PX = 18;

export const startOf = (showing: Showing): number => Date.parse(showing.startsAt);
export const endOf = (showing: Showing): number => (showing.endsAt === null ? Infinity : Date.parse(showing.endsAt));

export function tenseOf(showing: Showing, now: number): Tense {
  if (endOf(showing) <= now) return "past";
  return startOf(showing) <= now ? "now" : "future";
}

/**
 * Return the blocks in sight, in order. Showings are drawn together while they are narrow, follow each other without
 * a hole, and are all past, or all to come. msPerPixel: how much time a pixel stands for.
 */
export function blocksOf(showings: readonly Showing[], sight: Span, now: number, msPerPixel: number): readonly Block[] {
  const blocks: Block[] = [];
  const narrow = LEAST_PX * msPerPixel;
  for (const showing of showings) {
    if (endOf(showing) <= sight.from) continue;
    if (startOf(showing) >= sight.to) break;
    const block = blockOf(showing, sight, now);
    const before = blocks.at(-1);
    if (before && joins(before, block, narrow)) {
      blocks[blocks.length - 1] = { ...before, endsAt: block.endsAt, count: before.count + 1 };
    } else {
      blocks.push(block);
    }
  }
  return blocks;
}

function blockOf(showing: Showing, sight: Span, now: number): Block {
  return {
    startsAt: startOf(showing),
    endsAt: Math.min(endOf(showing), Math.max(sight.to, startOf(showing) + 1)),
    tense: tenseOf(showing, now),
    count: 1,
    isSlate: showing.isSlate,
    showing,
  };
}

function joins(before: Block, block: Block, narrow: number): boolean {
  const isNarrow = block.endsAt - block.startsAt < narrow;
  const wasNarrow = before.count > 1 || before.endsAt - before.startsAt < narrow;
  const isAlike = before.tense === block.tense && before.isSlate === block.isSlate;
  return isNarrow && wasNarrow && isAlike && before.tense !== "now" && before.endsAt === block.startsAt;
}

/** What a block says of itself where there is no room for a name: to screen readers, and when one points at it. */
export function blockLabel({ startsAt, endsAt, count, tense, showing }: Block): string {
  const time = `${clockSecondsText(startsAt)} to ${showing.endsAt === null ? "an edit" : clockSecondsText(endsAt)}`;
  if (count > 1) return `${countText(count, "showing")}, ${time}`;
  return [showing.name, time, ...notesOf(showing), tense === "now" ? "on air" : ""].filter(Boolean).join(", ");
}

/** What is unusual about a showing, in words. */
export function notesOf(showing: Showing): readonly string[] {
  const notes: [boolean, string][] = [
    [showing.isPartial && showing.firstOffset > 0, "starts partway through the video"],
    [showing.isPartial && showing.firstOffset === 0, "ends early"],
    [showing.isBackfilled, "filled in at start"],
    [showing.endsAt === null, "until an edit"],
  ];
  return notes.filter(([holds]) => holds).map(([, words]) => words);
}

/** Return the median length of showings, in ms; 0 without any that ends. */
export function typicalLength(showings: readonly Showing[]): number {
  const lengths = showings
    .filter(({ isSlate, endsAt }) => !isSlate && endsAt !== null)
    .map((showing) => endOf(showing) - startOf(showing))
    .sort((a, b) => a - b);
  return lengths[Math.floor(lengths.length / 2)] ?? 0;
}

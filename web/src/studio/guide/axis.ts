/** Time as a length on the screen: what is in sight, and the marks above it. Pure; moments in ms since 1970. */
import { clockSecondsText, clockText, dayText } from "../../shared/format.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A stretch of time, `to` excluded. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface Level {
  readonly label: string;
  readonly span: number;
}

/** How much time fills the screen, from near to far. */
export const LEVELS: readonly Level[] = [
  { label: "2 minutes", span: 2 * MINUTE },
  { label: "10 minutes", span: 10 * MINUTE },
  { label: "30 minutes", span: 30 * MINUTE },
  { label: "2 hours", span: 2 * HOUR },
  { label: "6 hours", span: 6 * HOUR },
  { label: "24 hours", span: DAY },
];

/** Of what is in sight, the share that lies before now while the picture follows the clock. */
export const PAST_SHARE = 0.2;

/** Return the level, by its place, at which something of this length is easy to see. */
export function levelFor(length: number): number {
  const found = LEVELS.findIndex(({ span }) => length <= span / 4);
  return found < 0 ? LEVELS.length - 1 : found;
}

/** Return where a moment is, in percent of what is in sight; less than 0 or more than 100 outside of it. */
export function percentOf(moment: number, { from, to }: Span): number {
  return ((moment - from) / (to - from)) * 100;
}

/** Return what of time one can go to: as far back as what aired is kept, and a year ahead, less the day in sight. */
export function reachOf(now: number): Span {
  return { from: now - 30 * DAY, to: now + 364 * DAY };
}

/** Return the moment within a span that is nearest to a moment. */
export function nearest(moment: number, { from, to }: Span): number {
  return Math.min(to, Math.max(from, moment));
}

export interface Mark {
  readonly at: number;
  readonly text: string;
}

const STEPS = [
  10 * SECOND,
  30 * SECOND,
  MINUTE,
  2 * MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  30 * MINUTE,
  HOUR,
  3 * HOUR,
  6 * HOUR,
  DAY,
];

/**
 * Return the marks above what is in sight, at most `most`, on round times of the viewer's day. offsetMs: how far the
 * viewer's clock is ahead of UTC at a moment; a change of it within the span is left to the texts.
 */
export function marksOf({ from, to }: Span, most: number, offsetMs: (moment: number) => number = zoneOffset): readonly Mark[] {
  const step = STEPS.find((each) => (to - from) / each <= most) ?? DAY;
  const offset = offsetMs(from);
  const first = Math.ceil((from + offset) / step) * step - offset;
  const count = Math.max(0, Math.ceil((to - first) / step));
  return Array.from({ length: count }, (_, index) => {
    const at = first + index * step;
    return { at, text: markText(at, step, (at + offset) % DAY === 0) };
  });
}

function markText(at: number, step: number, isMidnight: boolean): string {
  if (isMidnight) return dayText(at);
  return step < MINUTE ? clockSecondsText(at) : clockText(at);
}

const zoneOffset = (moment: number): number => -new Date(moment).getTimezoneOffset() * MINUTE;

/** Return a moment as <input type="datetime-local"> has it: the viewer's time, to the second. */
export function inputText(moment: number): string {
  return new Date(moment + zoneOffset(moment)).toISOString().slice(0, 19);
}

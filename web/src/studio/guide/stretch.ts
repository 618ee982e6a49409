/** Which part of a programme is known, and which has to be asked for. Pure; moments in ms since 1970. */
import type { Airings, Showing } from "../../shared/types.ts";
import type { Span } from "./axis.ts";

/** A part of a programme that is known without a hole. */
export interface Stretch extends Span {
  readonly showings: readonly Showing[];
}

/** Return what an answer knows; where there was more than it holds, it ends early. */
export function stretchOf({ from, to, next, airings }: Airings): Stretch {
  return { from: Date.parse(from), to: Date.parse(next ?? to), showings: airings };
}

export function covers(stretch: Span | null | undefined, sight: Span): boolean {
  return !!stretch && stretch.from <= sight.from && sight.to <= stretch.to;
}

/** Return what to ask for so that moving a little needs no new question: it changes in steps of a whole sight. */
export function spanAround({ from, to }: Span): Span {
  const length = to - from;
  const begin = Math.floor(from / length) * length;
  return { from: begin, to: begin + 2 * length };
}

/** Return one stretch of two, the second of which goes on where the first ends. */
export function joined(first: Stretch, second: Stretch): Stretch {
  const known = new Set(first.showings.map(({ startsAt }) => startsAt));
  const more = second.showings.filter(({ startsAt }) => !known.has(startsAt));
  return { from: first.from, to: second.to, showings: [...first.showings, ...more] };
}

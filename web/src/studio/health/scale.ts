/** Where numbers and times stand on a plot, and which of them are written at its edges. Pure. */
import { stretches, type Sample } from "./samples.ts";

const MINUTE_MS = 60_000;
const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720].map((minutes) => minutes * MINUTE_MS);

/**
 * Return even numbers from 0 to the first one that is not below `most`: about `count` steps of 1, 2 or 5 times a power
 * of ten, and none smaller than `leastStep`.
 */
export function numberTicks(most: number, count: number, leastStep: number): readonly number[] {
  const wanted = Math.max(most / count, leastStep);
  const power = 10 ** Math.floor(Math.log10(wanted));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= wanted * 0.999) ?? 10 * power;
  const steps = Math.max(1, Math.ceil(most / step - 1e-9));
  return Array.from({ length: steps + 1 }, (_, index) => index * step);
}

/** Return round times of the viewer's clock in [from, to], at most `count` or so. */
export function timeTicks(from: number, to: number, count: number): readonly number[] {
  const step = TIME_STEPS.find((each) => (to - from) / each <= count) ?? 2 * (TIME_STEPS.at(-1) ?? 0);
  const midnight = new Date(from);
  midnight.setHours(0, 0, 0, 0);
  const ticks = new Set<number>();
  // Through the calendar, because a day with a change of the clock has 23 or 25 hours.
  for (let minutes = 0; ticks.size < 100; minutes += step / MINUTE_MS) {
    const tick = new Date(midnight);
    tick.setMinutes(minutes);
    if (tick.getTime() > to) break;
    if (tick.getTime() >= from) ticks.add(tick.getTime());
  }
  return [...ticks];
}

export type Scale = (value: number) => number;

/** Return what leads evenly from [from, to] to [begin, end]. */
export function scale(from: number, to: number, begin: number, end: number): Scale {
  const factor = to === from ? 0 : (end - begin) / (to - from);
  return (value) => Math.round((begin + (value - from) * factor) * 10) / 10;
}

/** Return the path of a line that has gaps; what stands alone is a dot, if the line has round ends. */
export function linePath(samples: readonly Sample[], x: Scale, y: Scale, gapMs: number): string {
  return stretches(samples, gapMs)
    .map((stretch) => {
      const path = stretch.map(({ at, value }) => `${x(at)},${y(value)}`).join("L");
      return stretch.length === 1 ? `M${path}h0` : `M${path}`;
    })
    .join("");
}

/** Return the path of the areas between the line and `base`. */
export function areaPath(samples: readonly Sample[], x: Scale, y: Scale, base: number, gapMs: number): string {
  return stretches(samples, gapMs)
    .filter(({ length }) => length > 1)
    .map((stretch) => {
      const path = stretch.map(({ at, value }) => `L${x(at)},${y(value)}`).join("");
      return `M${x(stretch[0]?.at ?? 0)},${base}${path}V${base}Z`;
    })
    .join("");
}

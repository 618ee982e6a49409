/** A number over time: continued, thinned out, and cut where nothing was measured. Pure; times in ms since 1970. */
import type { Point } from "./health.ts";

export interface Sample {
  readonly at: number;
  readonly value: number;
}

export type Worst = "highest" | "lowest";

const DAY_MS = 86_400_000;

/** The server remembers minutes of what is older than an hour: less than this between two samples is no gap. */
const LEAST_GAP_MS = 75_000;

export function samplesOf(points: readonly Point[]): readonly Sample[] {
  return points.map(({ at, value }) => ({ at: Date.parse(at), value }));
}

/** Return both in order of time. A server that started anew knows less than this page: what it lacks stays. */
export function merged(known: readonly Sample[], told: readonly Sample[]): readonly Sample[] {
  const byTime = new Map([...known, ...told].map((sample) => [sample.at, sample]));
  return [...byTime.values()].sort((one, other) => one.at - other.at);
}

/** Return the samples with a new one at their end, which takes the place of one of its time; a day is kept. */
export function continued(samples: readonly Sample[], sample: Sample): readonly Sample[] {
  return [...samples.filter(({ at }) => at > sample.at - DAY_MS && at < sample.at), sample];
}

/** Return one sample for each step from `from` on: the worst of it. */
export function thinned(samples: readonly Sample[], from: number, stepMs: number, worst: Worst): readonly Sample[] {
  const pick = worst === "highest" ? Math.max : Math.min;
  const steps: Sample[] = [];
  for (const { at, value } of samples) {
    if (at < from) continue;
    const step = Math.floor(at / stepMs) * stepMs;
    const last = steps.at(-1);
    if (last?.at === step) steps[steps.length - 1] = { at: step, value: pick(last.value, value) };
    else steps.push({ at: step, value });
  }
  return steps;
}

export function gapOf(stepMs: number): number {
  return Math.max(LEAST_GAP_MS, 2.5 * stepMs);
}

/** Return the stretches in which there was something to measure: between them no line may be drawn. */
export function stretches(samples: readonly Sample[], gapMs: number): readonly (readonly Sample[])[] {
  const found: Sample[][] = [];
  for (const sample of samples) {
    const last = found.at(-1);
    if (last && sample.at - (last.at(-1)?.at ?? 0) <= gapMs) last.push(sample);
    else found.push([sample]);
  }
  return found;
}

/** Return the sample that says how it was at an instant; undefined in a gap. */
export function sampleAt(samples: readonly Sample[], at: number, gapMs: number): Sample | undefined {
  const next = samples.findIndex((sample) => sample.at > at);
  const around = next < 0 ? samples.slice(-1) : samples.slice(Math.max(0, next - 1), next + 1);
  const [nearest] = around.toSorted((one, other) => Math.abs(one.at - at) - Math.abs(other.at - at));
  return nearest && Math.abs(nearest.at - at) <= gapMs / 2 ? nearest : undefined;
}

/** Return the samples with the least and the greatest value, the latest of several. */
export function extremes(samples: readonly Sample[]): readonly [Sample, Sample] | undefined {
  const [first] = samples;
  if (!first) return undefined;
  let [least, greatest] = [first, first];
  for (const sample of samples) {
    if (sample.value <= least.value) least = sample;
    if (sample.value >= greatest.value) greatest = sample;
  }
  return [least, greatest];
}

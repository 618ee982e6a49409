/** What is measured of the server, in the words and units of people. Pure. */
import { bytesText, clockText, countText } from "../../shared/format.ts";
import type { Measure } from "./health.ts";
import { extremes, type Sample, type Worst } from "./samples.ts";

export interface Instrument {
  readonly measure: Measure;
  readonly title: string;
  /** What it is, and what would be bad. */
  readonly about: string;
  readonly write: (value: number) => string;
  /** Short, for the edge of the plot. */
  readonly tick: (value: number) => string;
  readonly leastStep: number;
  readonly worst: Worst;
  /** What is said where there is nothing to measure. */
  readonly nothing: string;
}

const decimal = (value: number): string => value.toFixed(value < 9.95 ? 1 : 0);

/** "12 ms", "0.4 s", "12 s". */
export function secondsText(seconds: number): string {
  return seconds < 0.1 ? `${Math.round(seconds * 1000)} ms` : `${decimal(seconds)} s`;
}

export const viewersText = (value: number): string => countText(Math.round(value), "viewer");

export const INSTRUMENTS: readonly Instrument[] = [
  {
    measure: "viewers",
    title: "Viewers",
    about: "All channels together.",
    write: viewersText,
    tick: (value) => value.toLocaleString(),
    leastStep: 1,
    worst: "highest",
    nothing: "not counted",
  },
  {
    measure: "freshness",
    title: "Live delay",
    about: "Age of the newest segment (worst channel).",
    write: secondsText,
    tick: (value) => `${value} s`,
    leastStep: 1,
    worst: "highest",
    nothing: "nothing on air",
  },
  {
    measure: "speed",
    title: "Encoder",
    about: "Seconds of video encoded per second, all jobs together.",
    write: (value) => `${decimal(value)}× real time`,
    tick: (value) => `${value}×`,
    leastStep: 1,
    worst: "highest",
    nothing: "nothing to encode",
  },
  {
    measure: "diskFree",
    title: "Free disk space",
    about: "Lowest value in each interval.",
    write: bytesText,
    tick: roundBytesText,
    leastStep: 1,
    worst: "lowest",
    nothing: "not measured",
  },
  {
    measure: "loopLag",
    title: "Response time",
    about: "Longest wait in each interval.",
    write: secondsText,
    tick: (value) => `${Number(value.toFixed(2))} s`,
    leastStep: 0.05,
    worst: "highest",
    nothing: "not measured",
  },
];

/** "20 GB" rather than "20.0 GB": what stands at an edge is round. */
function roundBytesText(bytes: number): string {
  const [number = "", unit = ""] = bytesText(bytes).split(" ");
  return bytes === 0 ? "0" : `${Number(number)} ${unit}`;
}

/** Everything a plot shows, in a sentence. period: "the last hour". */
export function summaryOf({ title, write, nothing }: Instrument, samples: readonly Sample[], period: string): string {
  const found = extremes(samples);
  const last = samples.at(-1);
  if (!found || !last) return `${title} in ${period}: ${nothing}.`;
  const [least, greatest] = found;
  const now = `${title} in ${period}: last ${write(last.value)}`;
  if (write(least.value) === write(greatest.value)) return `${now}, unchanged throughout.`;
  return `${now}; lowest ${write(least.value)} at ${clockText(least.at)}, highest ${write(greatest.value)} at ${clockText(greatest.at)}.`;
}

/** How far back plots reach. Whatever the period, a line has some 360 points: more nobody could tell apart. */
export interface Period {
  readonly name: string;
  readonly words: string;
  readonly lengthMs: number;
  readonly stepMs: number;
}

export const PERIODS: readonly [Period, ...Period[]] = [
  { name: "1 h", words: "the last hour", lengthMs: 3_600_000, stepMs: 10_000 },
  { name: "6 h", words: "the last 6 hours", lengthMs: 21_600_000, stepMs: 60_000 },
  { name: "24 h", words: "the last 24 hours", lengthMs: 86_400_000, stepMs: 240_000 },
];

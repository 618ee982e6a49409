/** Rewind limit, as people say it. Pure. */
import { countText } from "../../shared/format.ts";

export const UNITS = ["seconds", "minutes", "hours"] as const;
export type Unit = (typeof UNITS)[number];

const SECONDS: Readonly<Record<Unit, number>> = { seconds: 1, minutes: 60, hours: 3600 };
const LONGEST = 24 * SECONDS.hours;

/** Lengths that are often wanted, in seconds. */
export const PRESETS: readonly number[] = [60, 300, 1800, 3600, 21_600, 86_400];

/** A length as it is typed. */
export interface Typed {
  readonly amount: string;
  readonly unit: Unit;
}

/** Return a length in the largest unit of which it is a whole number: 90 s stays seconds. */
export function typedOf(seconds: number): Typed {
  const unit = [...UNITS].reverse().find((each) => seconds % SECONDS[each] === 0) ?? "seconds";
  return { amount: String(seconds / SECONDS[unit]), unit };
}

/** Return the length in whole seconds, NaN where it is none. A comma is as good as a point. */
export function secondsOf({ amount, unit }: Typed): number {
  const number = amount.trim() === "" ? Number.NaN : Number(amount.replace(",", "."));
  return Math.round(number * SECONDS[unit]);
}

/** Return why the server would not take it, in a sentence; "" where it would. */
export function spanFault(seconds: number): string {
  return seconds >= 1 && seconds <= LONGEST ? "" : "Enter a length from 1 second to 24 hours, such as 30 minutes.";
}

/** "5 minutes", "1 hour", "90 seconds". */
export function spanText(seconds: number): string {
  const { amount, unit } = typedOf(seconds);
  return countText(Number(amount), unit.slice(0, -1));
}

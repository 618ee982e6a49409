import { expect, test } from "vitest";
import { continued, extremes, gapOf, merged, sampleAt, stretches, thinned } from "../../../src/studio/health/samples.ts";

const SECOND = 1000;
const DAY = 86_400 * SECOND;
const sample = (seconds: number, value: number) => ({ at: seconds * SECOND, value });

test("what the page saw before a restart of the server stays; what the server says counts", () => {
  const known = [sample(0, 1), sample(10, 2), sample(20, 3)];
  expect(merged(known, [sample(20, 4), sample(40, 5)])).toEqual([sample(0, 1), sample(10, 2), sample(20, 4), sample(40, 5)]);
});

test("a new sample comes last, takes the place of one of its time, and a day is kept", () => {
  expect(continued([], sample(10, 1))).toEqual([sample(10, 1)]);
  expect(continued([sample(0, 1), sample(10, 2)], sample(10, 3))).toEqual([sample(0, 1), sample(10, 3)]);
  const old = { at: 5000, value: 1 };
  expect(continued([old, sample(20, 2)], { at: 10_000 + DAY, value: 3 })).toEqual([sample(20, 2), { at: 10_000 + DAY, value: 3 }]);
  expect(continued([old], { at: 10_000 + DAY, value: 3 })).toEqual([{ at: 10_000 + DAY, value: 3 }]);
});

test("of each step the worst is drawn", () => {
  const samples = [sample(0, 9), sample(60, 3), sample(70, 5), sample(120, 1)];
  expect(thinned(samples, 60 * SECOND, 60 * SECOND, "highest")).toEqual([sample(60, 5), sample(120, 1)]);
  expect(thinned(samples, 60 * SECOND, 60 * SECOND, "lowest")).toEqual([sample(60, 3), sample(120, 1)]);
});

test("minutes of an older hour are no gap, a server that was down is one", () => {
  const gap = gapOf(10 * SECOND);
  expect(stretches([sample(0, 1), sample(60, 1), sample(70, 1)], gap)).toHaveLength(1);
  expect(stretches([sample(0, 1), sample(10, 1), sample(200, 1)], gap).map(({ length }) => length)).toEqual([2, 1]);
  expect(stretches([], gap)).toEqual([]);
});

test("an instant in a gap has no value", () => {
  const samples = [sample(0, 1), sample(10, 2), sample(200, 3)];
  const at = (seconds: number) => sampleAt(samples, seconds * SECOND, 75 * SECOND)?.value;
  expect([at(-20), at(4), at(6), at(40), at(100), at(190), at(230), at(300)]).toEqual([1, 1, 2, 2, undefined, 3, 3, undefined]);
});

test("the least and the greatest", () => {
  expect(extremes([])).toBeUndefined();
  expect(extremes([sample(0, 2), sample(1, 9), sample(2, 1), sample(3, 9)])).toEqual([sample(2, 1), sample(3, 9)]);
});

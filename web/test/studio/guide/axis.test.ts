import { expect, test } from "vitest";
import { LEVELS, levelFor, marksOf, nearest, percentOf, reachOf } from "../../../src/studio/guide/axis.ts";
import { spanAround } from "../../../src/studio/guide/stretch.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MIDNIGHT = Date.UTC(2026, 10, 26);
const utc = (): number => 0;

test("the level shows some videos at once, and at most a day", () => {
  expect(LEVELS[levelFor(12_000)]?.label).toBe("2 minutes");
  expect(LEVELS[levelFor(30 * MINUTE)]?.label).toBe("2 hours");
  expect(LEVELS[levelFor(90 * DAY)]?.label).toBe("24 hours");
});

test("a moment has its place in what is in sight", () => {
  const sight = { from: 1000, to: 3000 };
  expect([0, 1000, 2000, 3000, 4000].map((moment) => percentOf(moment, sight))).toEqual([-50, 0, 50, 100, 150]);
});

test("the guide reaches as far as the server answers, with a day in sight", () => {
  const reach = reachOf(MIDNIGHT);
  expect(nearest(MIDNIGHT + HOUR, reach)).toBe(MIDNIGHT + HOUR);
  expect(nearest(Date.UTC(1999, 0), reach)).toBe(MIDNIGHT - 30 * DAY);
  const { to } = spanAround({ from: nearest(Date.UTC(2035, 0), reach), to: reach.to + DAY });
  expect(to).toBeLessThanOrEqual(MIDNIGHT + 366 * DAY);
});

test("marks are on round times, and no more than there is room for", () => {
  const marks = marksOf({ from: MIDNIGHT + 7 * MINUTE, to: MIDNIGHT + 127 * MINUTE }, 6, utc);
  expect(marks.map(({ at }) => (at - MIDNIGHT) / MINUTE)).toEqual([30, 60, 90, 120]);
});

test("marks are round in the viewer's zone, which may be half an hour off", () => {
  const kolkata = (): number => 5.5 * HOUR;
  const marks = marksOf({ from: MIDNIGHT, to: MIDNIGHT + DAY }, 8, kolkata);
  expect(marks.map(({ at }) => ((at + kolkata()) / HOUR) % 24)).toEqual([6, 9, 12, 15, 18, 21, 0, 3]);
});

test("midnight is marked with the day", () => {
  const marks = marksOf({ from: MIDNIGHT - HOUR, to: MIDNIGHT + HOUR }, 4, utc);
  expect(marks.find(({ at }) => at === MIDNIGHT)?.text).toMatch(/Nov/);
});

test("a span without a round time has no marks", () => {
  expect(marksOf({ from: MIDNIGHT + 1, to: MIDNIGHT + 2 }, 1, utc)).toEqual([]);
});

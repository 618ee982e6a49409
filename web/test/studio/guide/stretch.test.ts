import { expect, test } from "vitest";
import type { Airings } from "../../../src/shared/types.ts";
import { covers, joined, spanAround, stretchOf } from "../../../src/studio/guide/stretch.ts";

const iso = (ms: number): string => new Date(ms).toISOString();
const showing = (ms: number): Airings["airings"][number] => ({ startsAt: iso(ms) }) as Airings["airings"][number];

test("an answer that had more to say knows only as far as it says", () => {
  const answer = { from: iso(0), to: iso(1000), next: iso(400), airings: [] };
  expect(stretchOf(answer)).toEqual({ from: 0, to: 400, showings: [] });
  expect(stretchOf({ ...answer, next: null }).to).toBe(1000);
});

test("a stretch covers a sight that lies inside of it", () => {
  expect(covers({ from: 0, to: 10 }, { from: 0, to: 10 })).toBe(true);
  expect(covers({ from: 0, to: 10 }, { from: 1, to: 11 })).toBe(false);
  expect(covers(null, { from: 1, to: 2 })).toBe(false);
});

test.each([0, 1, 99, 100, 101, 250])("what is asked for covers the sight from %i, and stays for a while", (from) => {
  const sight = { from, to: from + 100 };
  expect(covers(spanAround(sight), sight)).toBe(true);
  expect(spanAround({ from: from - (from % 100), to: from - (from % 100) + 100 })).toEqual(spanAround(sight));
});

test("two answers are one programme; the showing at the seam is in it once", () => {
  const first = { from: 0, to: 20, showings: [showing(0), showing(10)] };
  const second = { from: 20, to: 40, showings: [showing(10), showing(20)] };
  expect(joined(first, second)).toEqual({ from: 0, to: 40, showings: [showing(0), showing(10), showing(20)] });
});

import { expect, test } from "vitest";
import { lineOf } from "../../src/watch/line.ts";

const transfer = (responseStart: number, responseEnd: number, transferSize: number) => ({
  responseStart,
  responseEnd,
  transferSize,
});

test("a line is as wide as what came through it, while something came", () => {
  expect(lineOf([transfer(1000, 3000, 100_000)])).toBe(400_000);
  expect(lineOf([transfer(2000, 3000, 25_000), transfer(0, 1000, 25_000)])).toBe(200_000);
});

test("what comes side by side shares the line", () => {
  const side = [transfer(0, 2000, 50_000), transfer(500, 1000, 20_000), transfer(1000, 3000, 30_000)];
  expect(lineOf(side)).toBeCloseTo((100_000 * 8) / 3);
});

test("the browser's cache is no line, and a few bytes tell nothing of one", () => {
  expect(lineOf([transfer(0, 1, 0), transfer(0, 2000, 39_999)])).toBeNull();
  expect(lineOf([])).toBeNull();
  expect(lineOf([transfer(0, 0, 50_000)])).toBe(400_000_000);
});

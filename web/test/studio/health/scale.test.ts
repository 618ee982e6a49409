import { expect, test } from "vitest";
import { areaPath, linePath, numberTicks, scale, timeTicks } from "../../../src/studio/health/scale.ts";

const HOUR = 3_600_000;

test("the numbers at the edge are even and reach over the highest value", () => {
  expect(numberTicks(121, 3, 1)).toEqual([0, 50, 100, 150]);
  expect(numberTicks(0, 3, 1)).toEqual([0, 1]);
  expect(numberTicks(1, 3, 1)).toEqual([0, 1]);
  expect(numberTicks(3, 3, 1)).toEqual([0, 1, 2, 3]);
  expect(numberTicks(346e9, 3, 1)).toEqual([0, 200e9, 400e9]);
  expect(numberTicks(0.004, 3, 0.05)).toEqual([0, 0.05]);
});

test("whatever the number, there are few ticks and it is below the last one", () => {
  for (let most = 0.01; most < 1e13; most *= 1.37) {
    const ticks = numberTicks(most, 3, 0.001);
    expect(ticks.length).toBeGreaterThan(1);
    expect(ticks.length).toBeLessThan(6);
    expect(ticks.at(-1)).toBeGreaterThanOrEqual(most * 0.999999);
  }
});

test("times at the edge are round on the viewer's clock", () => {
  const to = new Date(2026, 10, 22, 20, 4).getTime();
  const hours = timeTicks(to - 24 * HOUR, to, 8).map((tick) => new Date(tick).getHours());
  expect(hours).toEqual([21, 0, 3, 6, 9, 12, 15, 18]);
  const minutes = timeTicks(to - HOUR, to, 4).map((tick) => new Date(tick).getMinutes());
  expect(minutes).toEqual([15, 30, 45, 0]);
});

test("a line is not drawn over a gap, and what stands alone is a dot", () => {
  const x = scale(0, 100, 0, 100);
  const y = scale(0, 10, 10, 0);
  const samples = [0, 10, 90].map((at) => ({ at, value: 5 }));
  expect(linePath(samples, x, y, 20)).toBe("M0,5L10,5M90,5h0");
  expect(areaPath(samples, x, y, 10, 20)).toBe("M0,10L0,5L10,5V10Z");
  expect(linePath([], x, y, 20)).toBe("");
});

test("a scale of no length stays in its place", () => {
  expect(scale(5, 5, 10, 90)(5)).toBe(10);
});

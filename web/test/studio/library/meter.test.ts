import { expect, test } from "vitest";
import { Meter, secondsLeft } from "../../../src/studio/library/meter.ts";

function fed(...bytes: number[]): Meter {
  const meter = new Meter();
  bytes.forEach((count, second) => meter.note(count, second * 1000));
  return meter;
}

test("the speed is that of the last seconds", () => {
  expect(fed(0, 100, 200).rate(2000)).toBe(100);
  expect(fed(0, 0, 0, 0, 0, 0, 0, 0, 600, 1200).rate(9000)).toBe(200);
});

test("nothing is said at once", () => {
  expect(new Meter().rate(0)).toBeNull();
  expect(fed(0).rate(100)).toBeNull();
});

test("what stands still comes to a stop", () => {
  const meter = fed(0, 1000, 2000);
  expect(meter.rate(60_000)).toBe(0);
});

test("a step back begins anew", () => {
  const meter = fed(0, 1000, 500, 600);
  expect(meter.rate(3000)).toBe(100);
});

test("the rest takes as long as its bytes do", () => {
  expect(secondsLeft(1000, 100)).toBe(10);
  expect(secondsLeft(1000, 0)).toBeNull();
  expect(secondsLeft(1000, null)).toBeNull();
});

import { expect, test } from "vitest";
import { fragmentHolding } from "../../src/watch/axis.ts";

test("a date falls into the last segment that began before it", () => {
  const anchors = [
    { start: 10, programDateTime: 1000 },
    { start: 12, programDateTime: 3000 },
  ];
  expect(fragmentHolding(anchors, "programDateTime", 2999)?.start).toBe(10);
  expect(fragmentHolding(anchors, "start", 12)?.programDateTime).toBe(3000);
  expect(fragmentHolding(anchors, "start", 3)?.start).toBe(10);
  expect(fragmentHolding([], "start", 3)).toBeNull();
});

import { expect, test } from "vitest";
import { fragmentHolding } from "../../src/watch/axis.ts";
import { positionAt, positionByKey, shareAt } from "../../src/watch/scrub.ts";

const extent = { start: 100, live: 160, end: 166 };

test("shares and positions are each other's inverse, inside the recording", () => {
  expect([50, 100, 130, 160, 166].map((position) => shareAt(extent, position))).toEqual([0, 0, 0.5, 1, 1]);
  expect([-1, 0, 0.5, 1, 2].map((share) => positionAt(extent, share))).toEqual([100, 100, 130, 160, 160]);
  expect(shareAt({ start: 5, live: 5, end: 5 }, 5)).toBe(1);
});

test("keys move as they do on any slider", () => {
  expect(["ArrowLeft", "ArrowUp", "Home", "End", "PageDown", "x"].map((key) => positionByKey(key, 130, extent))).toEqual(
    [125, 135, 100, 160, 70, null],
  );
});

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

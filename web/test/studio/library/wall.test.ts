import { expect, test } from "vitest";
import { inSight, placeAfterKey, wallOf } from "../../../src/studio/library/wall.ts";

const wall = { columns: 4, rowHeight: 250 };

test("as many columns as there is room for", () => {
  expect(wallOf("grid", 1080, false).columns).toBe(4);
  expect(wallOf("grid", 328, true).columns).toBe(2);
  expect(wallOf("grid", 100, true).columns).toBe(1);
  expect(wallOf("list", 1080, false)).toEqual({ columns: 1, rowHeight: 64 });
});

test("whole rows are drawn, and some spare ones", () => {
  expect(inSight(1000, wall, 0, 1000)).toEqual([0, 24]);
  const [from, to] = inSight(1000, wall, 10_000, 1000);
  expect([from % 4, to - from]).toEqual([0, 32]);
  expect(inSight(3, wall, 0, 1000)).toEqual([0, 3]);
  expect(inSight(3, wall, 1e6, 1000)).toEqual([3, 3]);
});

test("arrow keys move by one and by a row, and stop at the ends", () => {
  expect(placeAfterKey("ArrowRight", 3, 10, wall)).toBe(4);
  expect(placeAfterKey("ArrowDown", 3, 10, wall)).toBe(7);
  expect(placeAfterKey("ArrowDown", 7, 10, wall)).toBe(7);
  expect(placeAfterKey("ArrowLeft", 0, 10, wall)).toBe(0);
  expect(placeAfterKey("End", 0, 10, wall)).toBe(9);
  expect(placeAfterKey("PageUp", 9, 10, wall)).toBe(0);
  expect(placeAfterKey("q", 9, 10, wall)).toBeNull();
});

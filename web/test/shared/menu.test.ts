import { expect, test } from "vitest";
import { stepOf } from "../../src/shared/ui/menu.ts";

test("arrows go round, Home and End go to the ends", () => {
  expect(stepOf("ArrowDown", 2, 3)).toBe(0);
  expect(stepOf("ArrowUp", 0, 3)).toBe(2);
  expect([stepOf("Home", 1, 3), stepOf("End", 1, 3)]).toEqual([0, 2]);
  expect(stepOf("a", 1, 3)).toBeNull();
});

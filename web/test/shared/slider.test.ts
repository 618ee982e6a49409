import { expect, test } from "vitest";
import { placeByKey } from "../../src/shared/ui/slider.ts";

test("keys move as they do on any slider, and never off the line", () => {
  const keys = ["ArrowLeft", "ArrowDown", "ArrowUp", "ArrowRight", "Home", "End", "PageDown", "PageUp", "x"];
  expect(keys.map((key) => placeByKey(key, 90, 200))).toEqual([85, 85, 95, 95, 0, 200, 30, 150, null]);
  expect(keys.map((key) => placeByKey(key, 3, 6))).toEqual([0, 0, 6, 6, 0, 6, 0, 6, null]);
});

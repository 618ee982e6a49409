import { expect, test } from "vitest";
import { tileAt } from "../../src/shared/strip.ts";

const strip = { url: "", tiles: 8, columns: 3, tileWidth: 160, tileHeight: 90, interval: 2 };

test("a thumbnail lies in its row and column", () => {
  expect(tileAt(strip, 0)).toEqual({ size: "300% 300%", position: "0% 0%" });
  expect(tileAt(strip, 4.1)).toEqual({ size: "300% 300%", position: "100% 0%" });
  expect(tileAt(strip, 8)).toEqual({ size: "300% 300%", position: "50% 50%" });
});

test("before the first and after the last, those two are shown", () => {
  expect(tileAt(strip, -5).position).toBe("0% 0%");
  expect(tileAt(strip, 500).position).toBe("50% 100%");
});

test("a strip of one thumbnail has no gaps to divide by", () => {
  expect(tileAt({ ...strip, tiles: 1, columns: 1, interval: 0 }, 3)).toEqual({ size: "100% 100%", position: "0% 0%" });
});

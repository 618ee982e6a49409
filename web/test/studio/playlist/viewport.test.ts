import { expect, test } from "vitest";
import { rungForPreview } from "../../../src/studio/playlist/rung.ts";
import { rowsInSight, scrollSpeed, scrollTo } from "../../../src/studio/playlist/viewport.ts";

test("only the rows in sight exist, and a few to spare", () => {
  expect(rowsInSight(1000, 60, 6000, 600)).toEqual({ from: 92, to: 118 });
  expect(rowsInSight(1000, 60, -300, 600)).toEqual({ from: 0, to: 13 });
  expect(rowsInSight(5, 60, 9000, 600)).toEqual({ from: 5, to: 5 });
});

test("a row that is in sight needs no scrolling", () => {
  expect(scrollTo(100, 60, 80, 600)).toBe(0);
  expect(scrollTo(50, 60, 80, 600)).toBe(-30);
  expect(scrollTo(570, 60, 80, 600)).toBe(30);
});

test("dragging scrolls near the edges only, faster the nearer", () => {
  expect(scrollSpeed(300, 0, 600)).toBe(0);
  expect(scrollSpeed(36, 0, 600)).toBe(-9);
  expect(scrollSpeed(700, 0, 600)).toBe(18);
});

test("a small picture takes the smallest rung that is sharp enough", () => {
  expect(rungForPreview(["1080p", "720p", "360p", "240p"])).toBe("360p");
  expect(rungForPreview(["240p"])).toBe("240p");
});

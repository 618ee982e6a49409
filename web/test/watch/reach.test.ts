import { expect, test } from "vitest";
import { reachOf } from "../../src/watch/reach.ts";

const LOADED = { start: 100, live: 150, end: 160 };

test("what is not loaded lies before what is", () => {
  expect(reachOf(LOADED, 10_000_000, 9_400_000)).toEqual({ start: -500, live: 150, end: 160 });
});

test("nothing is added where the playlist has all there is, or nothing is known", () => {
  expect(reachOf(LOADED, 10_000, 10_000)).toBe(LOADED);
  expect(reachOf(LOADED, 10_000, 12_000)).toBe(LOADED);
  expect(reachOf(LOADED, null, 5000)).toBe(LOADED);
  expect(reachOf(LOADED, 10_000, null)).toBe(LOADED);
});

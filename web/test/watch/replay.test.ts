import { expect, test } from "vitest";
import type { Engine } from "../../src/watch/engine.ts";
import { placeIn, ReplayEngine } from "../../src/watch/replay.ts";

const REPLAY = { url: "x.m3u8", startsAt: 100_000, endsAt: 700_000, offset: 30 };
const engineAt = (now: number): ReplayEngine => new ReplayEngine({} as Engine, REPLAY, () => now);

test("a place in the video has the date at which it aired", () => {
  const engine = engineAt(400_000);
  expect([engine.dateAt(30), engine.dateAt(40)]).toEqual([100_000, 110_000]);
  expect(placeIn(REPLAY, engine.dateAt(77))).toBe(77);
});

test("nothing can be watched before it has aired", () => {
  expect(engineAt(400_000).extent).toEqual({ start: 30, live: 324, end: 330 });
  expect(engineAt(101_000).extent).toEqual({ start: 30, live: 30, end: 31 });
});

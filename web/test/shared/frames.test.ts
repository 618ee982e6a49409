import { expect, test } from "vitest";
import { clockOffset, valueAfter } from "../../src/shared/net/frames.ts";

const video = (id: string, addedAt: string, name = id) => ({ id, name, addedAt });

test("a whole value replaces what was known", () => {
  expect(valueAfter({ topic: "channels", data: { channels: [] } }, { channels: [1] })).toEqual({ channels: [] });
});

test("a changed video keeps its place, a new one stands by its age, a removed one leaves", () => {
  const before = { videos: [video("c", "3"), video("b", "2"), video("a", "1")] };
  const frame = { topic: "videos", upserted: [video("d", "4"), video("b", "2", "renamed")], removed: ["a"] };
  const after = { videos: [video("d", "4"), video("c", "3"), video("b", "2", "renamed")] };
  expect(valueAfter(frame, before)).toEqual(after);
});

test("of the channels only those that changed are others, and a new one stands behind the older", () => {
  const channel = (slug: string, createdAt: string, title = slug) => ({ slug, createdAt, title });
  const before = { ladder: [], channels: [channel("main", "1"), channel("kids", "2"), channel("old", "3")] };
  const frame = {
    topic: "channels",
    upserted: [channel("late", "4"), channel("kids", "2", "Children")],
    removed: ["old"],
  };
  const after = valueAfter(frame, before) as typeof before;
  expect(after.channels).toEqual([channel("main", "1"), channel("kids", "2", "Children"), channel("late", "4")]);
  expect(after.channels[0]).toBe(before.channels[0]);
});

test("fields and entries of a channel change apart from each other", () => {
  const before = { revision: 1, canUndo: false, entries: [{ entry: "x", airsAt: null }, { entry: "y", airsAt: null }] };
  const frame = { topic: "channel/main", changed: { revision: 2 }, upserted: [{ entry: "y", airsAt: "now" }] };
  const after = { revision: 2, canUndo: false, entries: [{ entry: "x", airsAt: null }, { entry: "y", airsAt: "now" }] };
  expect(valueAfter(frame, before)).toEqual(after);
  expect(valueAfter({ topic: "channel/main", changed: { canUndo: true } }, before)).toEqual({ ...before, canUndo: true });
});

test("the guide stays in the order of time", () => {
  const before = { airings: [{ startsAt: "2" }, { startsAt: "4" }] };
  const frame = { topic: "guide/main", upserted: [{ startsAt: "3" }], removed: ["2"] };
  expect(valueAfter(frame, before)).toEqual({ airings: [{ startsAt: "3" }, { startsAt: "4" }] });
});

test("the quickest echo tells the clock", () => {
  const echoes = [
    { sentAt: 0, heardAt: 400, serverNow: 5300 },
    { sentAt: 1000, heardAt: 1020, serverNow: 6010 },
  ];
  expect(clockOffset(echoes)).toBe(5000);
  expect(clockOffset([])).toBe(0);
});

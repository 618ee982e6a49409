import { expect, test } from "vitest";
import type { Showing } from "../../../src/shared/types.ts";
import { LEAST_PX, blockLabel, blocksOf, notesOf, tenseOf, typicalLength } from "../../../src/studio/guide/blocks.ts";

const START = Date.UTC(2026, 10, 26, 20);
const SIGHT = { from: START, to: START + 100_000 };
const NOW = START + 15_000;

/** A showing from second `from` to second `to` after START; to null: until an edit. */
function showing(from: number, to: number | null, more: Partial<Showing> = {}): Showing {
  return {
    entry: "e",
    id: "v",
    name: "A film",
    startsAt: new Date(START + from * 1000).toISOString(),
    endsAt: to === null ? null : new Date(START + to * 1000).toISOString(),
    firstOffset: 0,
    isPartial: false,
    isSlate: false,
    isBackfilled: false,
    ...more,
  };
}

const row = (lengths: number, count: number): Showing[] =>
  Array.from({ length: count }, (_, index) => showing(index * lengths, (index + 1) * lengths));

test("wide showings are drawn one by one, and only those in sight", () => {
  const all = [showing(-20, -10), ...row(10, 20)];
  const blocks = blocksOf(all, SIGHT, NOW, 100);
  expect(blocks).toHaveLength(10);
  expect(blocks.map(({ tense }) => tense).slice(0, 3)).toEqual(["past", "now", "future"]);
});

test("narrow ones in a row are one, but what is on air stays by itself", () => {
  const blocks = blocksOf(row(10, 10), SIGHT, NOW + 20_000, 10_000 / LEAST_PX + 1);
  expect(blocks.map(({ count, tense }) => [count, tense])).toEqual([
    [3, "past"],
    [1, "now"],
    [6, "future"],
  ]);
  expect(blocks[0]).toMatchObject({ startsAt: START, endsAt: START + 30_000 });
});

test("a hole, the slate and a wide neighbour end a group", () => {
  const narrow = [showing(20, 22), showing(22, 24), showing(26, 28), showing(28, 30, { isSlate: true }), showing(30, 90)];
  expect(blocksOf(narrow, SIGHT, START, 200).map(({ count }) => count)).toEqual([2, 1, 1, 1]);
});

test("what has no end is drawn to the edge", () => {
  const [block] = blocksOf([showing(10, null, { isSlate: true })], SIGHT, NOW, 100);
  expect(block?.endsAt).toBe(SIGHT.to);
  expect(blockLabel(block!)).toMatch(/ to an edit, until an edit, on air$/);
});

test("the end of a showing is not part of it", () => {
  expect(tenseOf(showing(0, 15), NOW)).toBe("past");
  expect(tenseOf(showing(15, 20), NOW)).toBe("now");
});

test("the notes say which side is missing", () => {
  expect(notesOf(showing(0, 1, { isPartial: true, firstOffset: 4 }))).toEqual(["starts partway through the video"]);
  expect(notesOf(showing(0, 1, { isPartial: true }))).toEqual(["ends early"]);
  expect(notesOf(showing(0, 1))).toEqual([]);
});

test("the typical length knows no slate and no open end", () => {
  expect(typicalLength([showing(0, 10), showing(10, 12), showing(12, 500, { isSlate: true }), showing(500, null)])).toBe(10_000);
  expect(typicalLength([])).toBe(0);
});

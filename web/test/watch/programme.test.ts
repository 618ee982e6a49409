import { expect, test } from "vitest";
import {
  following,
  placeAt,
  shareOf,
  showingAt,
  showingOf,
  titleOf,
  type Showing,
} from "../../src/watch/programme.ts";

const showing = (startsAt: number, endsAt: number | null, more: Partial<Showing> = {}): Showing => ({
  name: `from ${startsAt}`,
  startsAt,
  endsAt,
  offset: 0,
  isSlate: false,
  preview: null,
  poster: null,
  strip: null,
  ...more,
});

test("what is told of a showing gets full addresses and moments as numbers", () => {
  const strip = { url: "../../media/x/strip.jpg", tiles: 6, columns: 6, tileWidth: 160, tileHeight: 90, interval: 2 };
  const told = {
    name: "A film",
    startsAt: "1970-01-01T00:00:01.000Z",
    endsAt: null,
    offset: 3,
    isSlate: false,
    preview: "../../media/x/preview.m3u8",
    poster: "../../media/x/poster.jpg",
    strip,
  };
  const read = showingOf(told, "https://tv.example/a/stream/main/now.json");
  expect(read).toMatchObject({ startsAt: 1000, endsAt: null, poster: "https://tv.example/a/media/x/poster.jpg" });
  expect(read.preview).toBe("https://tv.example/a/media/x/preview.m3u8");
  expect(read.strip?.url).toBe("https://tv.example/a/media/x/strip.jpg");
});

test("a showing holds its first instant and not its last", () => {
  const both = [showing(0, 100), showing(100, null)];
  expect([0, 99, 100, 1e9].map((date) => showingAt(both, date)?.startsAt)).toEqual([0, 0, 100, 100]);
  expect(showingAt(both, -1)).toBeNull();
});

test("what follows begins later; the slate is not announced", () => {
  const all = [showing(0, 100), showing(100, 110, { isSlate: true }), showing(110, 200)];
  expect(following(all, 50).map(({ startsAt }) => startsAt)).toEqual([110]);
});

test("how far a showing has come is told for those that end", () => {
  expect([-5, 0, 25, 100, 300].map((date) => shareOf(showing(0, 100), date))).toEqual([0, 0, 0.25, 1, 1]);
  expect(shareOf(showing(0, null), 50)).toBeNull();
});

test("the place in the video counts from where the showing began in it", () => {
  expect(placeAt(showing(1000, null, { offset: 30 }), 3500)).toBe(32.5);
});

test("the slate has other names than its own", () => {
  expect(titleOf(showing(0, null), true)).toBe("from 0");
  expect(titleOf(showing(0, null, { isSlate: true }), true)).toBe("Paused: back soon");
  expect(titleOf(showing(0, null, { isSlate: true }), false)).toBe("Back soon");
});

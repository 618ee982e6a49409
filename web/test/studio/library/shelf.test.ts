import { expect, test } from "vitest";
import { isSort, shown } from "../../../src/studio/library/shelf.ts";
import { video } from "./videos.ts";

const films = [
  video({ id: "a", name: "Part 10.mp4", addedAt: "2026-01-02T00:00:00.000Z", duration: 5, diskUseBytes: 1 }),
  video({ id: "b", name: "part 9.mp4", addedAt: "2026-01-01T00:00:00.000Z", duration: 9, diskUseBytes: 3 }),
  video({ id: "c", name: "Zebras.mov", addedAt: "2026-01-03T00:00:00.000Z", duration: 7, diskUseBytes: 2 }),
];
const ids = (query: string, sort: Parameters<typeof shown>[2]): string => shown(films, query, sort).map(({ id }) => id).join("");

test("every word counts, in any order and case", () => {
  expect(ids("MP4 part", "newest")).toBe("ab");
  expect(ids("part zebras", "newest")).toBe("");
  expect(ids("  ", "newest")).toBe("cab");
});

test("orders", () => {
  expect(ids("", "oldest")).toBe("bac");
  expect(ids("", "name")).toBe("bac");
  expect(ids("", "longest")).toBe("bca");
  expect(ids("", "largest")).toBe("bca");
  expect([isSort("name"), isSort("nonsense"), isSort(null)]).toEqual([true, false, false]);
});

import { expect, test } from "vitest";
import { refilled, sorted, type Sorting } from "../../../src/studio/playlist/sorting.ts";

const entries = [
  { entry: "a", name: "Part 10.mp4", duration: 9, addedAt: "2026-01-03T00:00:00Z" },
  { entry: "b", name: "part 9.mp4", duration: 9, addedAt: "2026-01-01T00:00:00.500Z" },
  { entry: "c", name: "Zebras.mov", duration: 7, addedAt: "2026-01-01T00:00:00Z" },
];
const ids = (how: Sorting, random?: () => number): string => sorted(entries, how, random).map(({ entry }) => entry).join("");

test("a playlist is sorted, reversed and shuffled", () => {
  expect(ids("name")).toBe("bac");
  expect(ids("added")).toBe("cba");
  expect(ids("length")).toBe("cab");
  expect(ids("reverse")).toBe("cba");
  expect(ids("shuffle", () => 0)).toBe("bca");
  expect(ids("shuffle", () => 0.99)).toBe("abc");
});

test("every order comes out of shuffling", () => {
  let state = 1;
  const random = (): number => (state = (state * 16807) % 2147483647) / 2147483647;
  const seen = new Set(Array.from({ length: 100 }, () => ids("shuffle", random)));
  expect(seen.size).toBe(6);
});

test("some change places among themselves", () => {
  expect(refilled(["a", "b", "c", "d", "e"], ["e", "c", "b"]).join("")).toBe("aecdb");
  expect(refilled(["a", "b"], [])).toEqual(["a", "b"]);
});

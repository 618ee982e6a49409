import { expect, test } from "vitest";
import { finder, isSameName } from "../../src/shared/search.ts";

test("every word counts, in any order and case", () => {
  const isFound = finder(" MP4  part ");
  expect([isFound("Part 10.mp4"), isFound("part.mov"), finder("")("anything")]).toEqual([true, false, true]);
});

test("a name is found in whichever form it is stored or typed", () => {
  const stored = ["Ärger im Büro.mp4", "Ärger im Büro.mp4".normalize("NFD")];
  for (const query of ["ärger BÜRO", "ärger BÜRO".normalize("NFD")]) {
    expect(stored.filter(finder(query))).toEqual(stored);
  }
  expect(finder("büro")("Buro.mp4")).toBe(false);
});

test("joiners need not be typed", () => {
  expect(finder("\u0645\u06cc\u0634\u0648\u062f")("\u0645\u06cc\u200c\u0634\u0648\u062f.mp4")).toBe(true);
  expect(finder("\u0645\u06cc\u200c\u0634\u0648\u062f")("\u0645\u06cc\u0634\u0648\u062f.mp4")).toBe(true);
});

test("the same name on macOS and elsewhere", () => {
  expect(isSameName("é.mp4", "é.mp4".normalize("NFD"))).toBe(true);
  expect(isSameName("e.mp4", "é.mp4")).toBe(false);
});

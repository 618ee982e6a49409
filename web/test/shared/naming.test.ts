import { expect, test } from "vitest";
import { byName } from "../../src/shared/naming.ts";

const sorted = (...names: string[]): string[] => byName(names, (name) => name);

test("episodes come in the order in which they are told", () => {
  expect(sorted("Episode 10.mp4", "episode 2.mkv", "Episode 1.mp4")).toEqual(["Episode 1.mp4", "episode 2.mkv", "Episode 10.mp4"]);
  expect(sorted("S01E10", "S02E01", "S01E9")).toEqual(["S01E9", "S01E10", "S02E01"]);
});

test("the ending of a file does not count, a number behind a point does", () => {
  expect(sorted("Film 2.mp4", "Film.mp4")).toEqual(["Film.mp4", "Film 2.mp4"]);
  expect(sorted("Part 1.10", "Part 1.9")).toEqual(["Part 1.9", "Part 1.10"]);
  expect(sorted("Film.mp4", "Film.mkv")).toEqual(["Film.mkv", "Film.mp4"]);
});

test("accents stand with their letters", () => {
  expect(sorted("Zoo", "Étage", "Eta", "Etagen")).toEqual(["Eta", "Étage", "Etagen", "Zoo"]);
});

test("a path is compared folder by folder", () => {
  expect(sorted("Show 2/01.mp4", "Show/10.mp4", "Show/9.mp4")).toEqual(["Show/9.mp4", "Show/10.mp4", "Show 2/01.mp4"]);
});

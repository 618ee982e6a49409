import { expect, test } from "vitest";
import { inNameOrder, toggled, withAll, without } from "../../../src/studio/playlist/picks.ts";

const series = ["Episode 10", "Episode 9", "Episode 2", "Intro"].map((name, place) => ({ id: "abcd".charAt(place), name }));
const known = new Map(series.map((each) => [each.id, each]));

test("one by one they join in the order of the clicks", () => {
  expect(toggled(toggled(["b"], "a"), "c")).toEqual(["b", "a", "c"]);
  expect(toggled(["b", "a"], "b")).toEqual(["a"]);
});

test("several at once join in the order of their names, also one that was picked before", () => {
  expect(withAll([], series).join("")).toBe("cbad");
  expect(withAll(["d", "a"], series.slice(0, 3)).join("")).toBe("dcba");
});

test("picks are taken back and brought into order", () => {
  expect(without(["d", "a", "b"], series.slice(0, 2))).toEqual(["d"]);
  expect(inNameOrder(["d", "a", "gone", "c"], known).join("")).toBe("cad");
});

import { expect, test } from "vitest";
import { arranged, between, leavesNothing, moved, placeAfter, placeOf } from "../../../src/studio/playlist/order.ts";

const ids = (text: string): ReadonlySet<string> => new Set(text);

test("entries move together, in their order, to a place among the others", () => {
  expect(moved([..."abcde"], ids("b"), 3).join("")).toBe("acdbe");
  expect(moved([..."abcde"], ids("eb"), 1).join("")).toBe("abecd");
  expect(moved([..."abcde"], ids("a"), 99).join("")).toBe("bcdea");
  expect(moved([..."abcde"], ids("e"), -1).join("")).toBe("eabcd");
});

test("moving to where one stands changes nothing", () => {
  for (const id of "abcde") {
    expect(moved([..."abcde"], ids(id), placeOf([..."abcde"], ids(id))).join("")).toBe("abcde");
  }
});

test("what plays next stands behind what is on air", () => {
  expect(moved([..."abcde"], ids("e"), placeAfter([..."abcde"], ids("e"), "b")).join("")).toBe("abecd");
  expect(placeAfter([..."abc"], ids("c"), null)).toBe(0);
});

test("a range may be chosen from either end", () => {
  expect(between([..."abcde"], "d", "b")).toEqual(["b", "c", "d"]);
  expect(between([..."abcde"], "gone", "b")).toEqual(["b"]);
});

test("a guess keeps what others added meanwhile and leaves out what goes", () => {
  const entries = [..."abcx"].map((entry) => ({ entry }));
  const shown = arranged(entries, [..."cbaz"], ids("b"));
  expect(shown.map(({ entry }) => entry).join("")).toBe("cax");
});

test("nothing is left where all goes that can air", () => {
  const entries = [..."abc"].map((entry) => ({ entry, airable: entry !== "c" }));
  expect(leavesNothing(entries, ids("ab"))).toBe(true);
  expect(leavesNothing(entries, ids("ac"))).toBe(false);
  expect(leavesNothing(entries.slice(2), ids("c"))).toBe(false);
});

import { expect, test } from "vitest";
import { airsAbout, lastFixed, nextBorder } from "../../../src/studio/playlist/forecast.ts";
import { NOW, at, showing, topic } from "./topics.ts";

const order = (text: string, unairable = ""): { entry: string; duration: number; airable: boolean }[] =>
  [...text].map((entry) => ({ entry, duration: 10, airable: !unairable.includes(entry) }));

test("a new order shows from the end of what is on air", () => {
  expect(nextBorder(topic(), NOW)).toBe(NOW + 6000);
});

test("what begins within the horizon is fixed", () => {
  expect(lastFixed(topic(), NOW + 5500)?.entry).toBe("b");
  expect(nextBorder(topic(), NOW + 5500)).toBe(NOW + 16_000);
});

test("nothing is foretold off air and while only an edit ends the showing", () => {
  expect(nextBorder(topic({ onAir: null, upNext: [] }, "off"), NOW)).toBeNull();
  expect(nextBorder(topic({ onAir: showing("a", -4, null), upNext: [] }), NOW)).toBeNull();
});

test("an entry airs after those between it and what is on air, round the end too", () => {
  const fixed = lastFixed(topic(), NOW);
  expect(airsAbout(order("abc"), fixed, "c")).toBe(Date.parse(at(16)));
  expect(airsAbout(order("cab"), fixed, "c")).toBe(Date.parse(at(16)));
  expect(airsAbout(order("abc", "b"), fixed, "c")).toBe(Date.parse(at(6)));
  expect(airsAbout(order("abc"), fixed, "a")).toBe(Date.parse(at(26)));
  expect(airsAbout(order("bc"), fixed, "c")).toBeNull();
});

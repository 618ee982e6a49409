import { expect, test } from "vitest";
import { PRESETS, secondsOf, spanFault, spanText, typedOf } from "../../../src/studio/channels/span.ts";

test.each([
  [1, "1 second"],
  [90, "90 seconds"],
  [300, "5 minutes"],
  [3600, "1 hour"],
  [5400, "90 minutes"],
  [86_400, "24 hours"],
])("%i seconds read as people say it", (seconds, text) => {
  expect(spanText(seconds)).toBe(text);
  expect(secondsOf(typedOf(seconds))).toBe(seconds);
});

test("a comma is as good as a point, and halves are halves", () => {
  expect(secondsOf({ amount: "1,5", unit: "hours" })).toBe(5400);
  expect(secondsOf({ amount: " 2.5 ", unit: "minutes" })).toBe(150);
});

test.each(["", " ", "abc", "0", "-5", "25", "1e9"])("%s hours are no length", (amount) => {
  expect(spanFault(secondsOf({ amount, unit: "hours" }))).toMatch(/\.$/);
});

test("what is often wanted can be had", () => {
  expect(PRESETS.map(spanFault).join("")).toBe("");
});

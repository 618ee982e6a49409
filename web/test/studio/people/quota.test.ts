import { expect, test } from "vitest";
import { choiceOf, quotaOf, usageText, type Choice, type Quota } from "../../../src/studio/people/quota.ts";

const own = (amount: string): Choice => ({ kind: "own", amount });

test.each<[Quota, number, Choice, Quota]>([
  [null, 0, { kind: "default", amount: "" }, null],
  [null, 5e10, { kind: "default", amount: "" }, null],
  [0, 5e10, { kind: "none", amount: "" }, 0],
  [0, 0, { kind: "default", amount: "" }, null], // the same, in one word less
  [2e9, 5e10, own("2"), 2e9],
  [1.5e9, 0, own("1.5"), 1.5e9],
])("%j of %j is shown and saved", (quota, fallback, choice, saved) => {
  expect(choiceOf(quota, fallback)).toEqual(choice);
  expect(quotaOf(choice)).toBe(saved);
});

test.each<[string, Quota | undefined]>([
  [" 50 ", 5e10],
  ["0,25", 2.5e8],
  ["", undefined],
  ["0", undefined],
  ["-1", undefined],
  ["much", undefined],
  ["1e9", undefined],
  ["0.0000000001", undefined],
])("%j GB typed", (amount, quota) => {
  expect(quotaOf(own(amount))).toBe(quota);
});

test("what somebody takes is told, and of how much", () => {
  expect(usageText(12.3e9, 5e10)).toBe("12.3 GB of 50.0 GB");
  expect(usageText(0, 5e10)).toBe("0 bytes of 50.0 GB");
  expect(usageText(12.3e9, 0)).toBe("12.3 GB");
});

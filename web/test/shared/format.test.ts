import { expect, test } from "vitest";
import { bytesText, countText, lengthText, lengthWords, rateText, relativeText } from "../../src/shared/format.ts";

test("lengths read as people write them", () => {
  expect([0, 65, 600, 3723, -4].map(lengthText)).toEqual(["0:00", "1:05", "10:00", "1:02:03", "0:00"]);
});

test("lengths in words name the two greatest units", () => {
  expect([0, 1, 61, 3600, 3725, 90_061].map(lengthWords)).toEqual([
    "0 seconds",
    "1 second",
    "1 minute 1 second",
    "1 hour",
    "1 hour 2 minutes",
    "1 day 1 hour",
  ]);
});

test("sizes have about three digits", () => {
  expect([0, 999, 1000, 1450, 99_960, 1_234_567_890].map(bytesText)).toEqual([
    "0 bytes",
    "999 bytes",
    "1.00 kB",
    "1.45 kB",
    "100 kB",
    "1.23 GB",
  ]);
  expect(rateText(3_200_000)).toBe("3.20 MB/s");
});

test("one is not many", () => {
  expect([countText(1, "video"), countText(0, "video"), countText(2, "entry", "entries")]).toEqual([
    "1 video",
    "0 videos",
    "2 entries",
  ]);
});

test("moments are told from now", () => {
  const now = Date.UTC(2026, 10, 22, 20);
  expect(relativeText(now + 300_000, now)).toMatch(/5/);
  expect(relativeText(now - 2 * 86_400_000, now)).toMatch(/2/);
});

import { expect, test } from "vitest";
import { standbyText, wayOut } from "../../src/studio/standby.ts";
import { standby } from "./channels/channels.ts";

const NOW = Date.parse("2026-11-22T20:10:00.000Z");

test("why, and until about when", () => {
  expect(standbyText(standby(), NOW)).toBe("Its playlist is empty.");
  expect(standbyText(standby({ expectedAt: "2026-11-22T20:12:00.000Z" }), NOW)).toMatch(/ Expected on air at about .+\.$/);
  expect(standbyText(standby({ expectedAt: "2026-11-22T20:09:00.000Z" }), NOW)).not.toContain("Expected");
});

test("each reason leads to the page on which it is mended", () => {
  expect(wayOut("empty", "kids")).toMatchObject({ label: "Add videos", path: "/studio/playlist/kids?add" });
  expect(wayOut("failed", "kids")?.path).toBe("/studio/library?state=failed");
  expect(wayOut("no_quality", "kids")?.path).toBe("/studio/channels/kids");
  expect(wayOut("ready", "kids")).toBeNull();
});

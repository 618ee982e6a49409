import { expect, test } from "vitest";
import { partsOf, roomOf } from "../../../src/studio/health/disk.ts";
import { INSTRUMENTS, secondsText, summaryOf } from "../../../src/studio/health/measures.ts";
import * as words from "../../../src/studio/health/words.ts";
import type { HealthCheck, HealthState, Trouble } from "../../../src/studio/health/health.ts";

const NOW = new Date(2026, 10, 22, 20, 4, 30).getTime();
const iso = (minutesAgo: number): string => new Date(NOW - minutesAgo * 60_000).toISOString();
const check = (name: string, state: HealthState, minutesAgo: number): HealthCheck =>
  ({ name, state, ok: state === "ok", message: "It is so.", remedy: "", since: iso(minutesAgo) });
const trouble = (changes: Partial<Trouble> = {}): Trouble => ({
  ...{ at: iso(1), firstAt: iso(1), count: 1, level: "warning", code: "packaging_failed", message: "It failed." },
  ...{ remedy: "Try again.", subject: "v", about: "video", name: "A film" },
  ...changes,
});

test("one sentence says how the server is, and since when", () => {
  const well = [check("disk", "ok", 10), check("slate", "ok", 4)];
  expect(words.headline({ state: "ok", checks: well }, NOW)).toMatch(/^All good since .*00.*\.$/);
  const low = [check("disk", "degraded", 10), check("event loop", "degraded", 4), check("moon", "ok", 1)];
  const sentence = words.headline({ state: "degraded", checks: low }, NOW);
  expect(sentence).toMatch(/needs attention since .*54.*: disk space and responsiveness\.$/);
  const bad = [check("database", "failing", 2), check("disk", "degraded", 10)];
  expect(words.headline({ state: "failing", checks: bad }, NOW)).toMatch(/has a problem since .*02.*: database\.$/);
  expect(words.headline({ state: "starting", checks: [] }, NOW)).toBe("The server is starting.");
  const early = [check("slate", "starting", 0), check("disk", "degraded", 0)];
  expect(words.headline({ state: "starting", checks: early }, NOW)).toBe("The server is starting.");
});

test("what is wrong comes first; the others keep their order", () => {
  const checks = [check("a", "ok", 1), check("b", "degraded", 1), check("c", "failing", 1), check("d", "ok", 1)];
  expect(words.worstFirst(checks).map(({ name }) => name)).toEqual(["c", "b", "a", "d"]);
  expect(words.partName("moon")).toBe("Moon");
  expect(words.partName("duties")).toBe("Background tasks");
});

test("old figures are called old, and why they are", () => {
  expect(words.staleness(false, NOW - 20_000, NOW, NOW)).toBe("");
  expect(words.staleness(false, undefined, NOW, NOW)).toBe("");
  expect(words.staleness(false, NOW - 60_000, NOW, NOW)).toMatch(/No health check since/);
  expect(words.staleness(true, NOW - 5000, NOW - 5000, NOW)).toMatch(/No contact with the server since .*25/);
});

test("lists, paces and counts read like sentences", () => {
  expect(words.listed(["A"])).toBe("A");
  expect(words.listed(["A", "B", "C"])).toBe("A, B and C");
  expect(words.encoderText({ fps: 118.4, speed: 4.72 })).toBe("118 fps, 4.7× real time");
  expect(words.encoderText({ fps: 0, speed: 0 })).toBe("");
  expect(words.repeatText(trouble(), NOW)).toBe("");
  expect(words.repeatText(trouble({ count: 3 }), NOW)).toMatch(/^3 times since/);
  expect([0, 0.0123, 0.95, 1.96, 12.3].map(secondsText)).toEqual(["0 ms", "12 ms", "0.9 s", "2.0 s", "12 s"]);
});

test("a trouble leads to what it is about, while that is there", () => {
  expect(words.troublePath(trouble())).toBe("/studio/library/v");
  expect(words.troublePath(trouble({ about: "channel", subject: "main" }))).toBe("/studio/playlist/main");
  expect(words.troublePath(trouble({ name: "" }))).toBe("");
});

test("a channel whose promise was broken comes first, then those with the most viewers", () => {
  const channel = (slug: string, viewers: number) => ({ slug, viewers, state: "on" as const, freshness: 1 });
  const broken = trouble({ code: "playlist_violation", about: "channel", subject: "c" });
  const elsewhere = trouble({ about: "channel", subject: "a" });
  const topic = { channels: [channel("b", 2), channel("a", 5), channel("c", 0)], errors: [elsewhere, broken] };
  const lines = words.channelLines(topic, new Map([["a", { title: "Arts", standby: null }]]));
  expect(lines.map(({ title }) => title)).toEqual(["c", "Arts", "b"]);
  expect(lines[0]?.broken).toBe(broken);
});

test("the disk's parts fill it; what others have is the rest", () => {
  const disk = {
    ...{ totalBytes: 100, originalsBytes: 10, packagesBytes: 20, deletedBytes: 0, databaseBytes: 1, uploadsBytes: 0 },
    ...{ freeBytes: 40, minFreeBytes: 5 },
  };
  const parts = partsOf(disk);
  expect(parts.map(({ use }) => use)).toEqual(["originals", "packages", "other", "free"]);
  expect(parts.map(({ bytes }) => bytes)).toEqual([10, 20, 30, 40]);
  expect(parts.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
  expect(roomOf(disk)).toBe(35);
  expect(partsOf({ ...disk, deletedBytes: 1, uploadsBytes: 2 }).map(({ use }) => use)).toContain("deleted");
});

test("a plot is summed up in a sentence", () => {
  const [viewers] = INSTRUMENTS;
  const samples = [3, 15, 12].map((value, index) => ({ at: NOW + index * 60_000, value }));
  const sentence = summaryOf(viewers!, samples, "the last hour");
  expect(sentence).toMatch(/^Viewers in the last hour: last 12 viewers; lowest 3 viewers at .*, highest 15 viewers at .*\.$/);
  expect(summaryOf(viewers!, samples.slice(2), "the last hour")).toBe("Viewers in the last hour: last 12 viewers, unchanged throughout.");
  expect(summaryOf(viewers!, [], "the last hour")).toBe("Viewers in the last hour: not counted.");
});

import { afterEach, expect, test, vi } from "vitest";
import { elsewhere, nameOf } from "../../src/shared/zone.ts";

afterEach(() => void vi.unstubAllEnvs());

const zone = (name: string | null, utcOffsetMinutes = 0): { name: string | null; utcOffsetMinutes: number } => ({ name, utcOffsetMinutes });

/** In the viewer's language hours may be counted to twelve. */
const read = (text: string | null): string | null => {
  const [, hours, minutes, half] = /(\d+):(\d+)(?:\s*([AP])M)?/i.exec(text ?? "") ?? [];
  if (!hours || !minutes) return text;
  return `${String((Number(hours) % (half ? 12 : 24)) + (half?.toUpperCase() === "P" ? 12 : 0)).padStart(2, "0")}:${minutes}`;
};

test.each([
  ["Europe/Berlin", "America/New_York", "2026-01-15T17:30:00Z", "12:30"],
  ["Europe/Berlin", "America/New_York", "2026-03-20T17:30:00Z", "13:30"], // there summer has begun, here not yet
  ["Europe/Berlin", "America/New_York", "2026-07-15T17:30:00Z", "13:30"],
  ["America/New_York", "Asia/Kolkata", "2026-01-15T17:30:00Z", "23:00"],
  ["Europe/Berlin", "Europe/Rome", "2026-07-15T17:30:00Z", null],
  ["Europe/Berlin", "Africa/Lagos", "2026-01-15T17:30:00Z", null], // until summer
  ["Europe/Berlin", "Africa/Lagos", "2026-07-15T17:30:00Z", "18:30"],
  ["UTC", "Etc/UTC", "2026-07-15T17:30:00Z", null],
])("from %s a server in %s at %s shows %s", (here, there, moment, shown) => {
  vi.stubEnv("TZ", here);
  expect(read(elsewhere(zone(there), Date.parse(moment)))).toBe(shown);
});

test("another day is named", () => {
  vi.stubEnv("TZ", "Europe/Berlin");
  const [late, later] = [Date.parse("2026-01-15T22:30:00Z"), Date.parse("2026-01-15T23:30:00Z")]; // 23:30, 0:30
  const there = zone("America/New_York");
  expect([elsewhere(there, late), elsewhere(there, later)].map((text) => /Thu/.test(text ?? ""))).toEqual([false, true]);
});

test.each([null, "Neverland/City"])("where the browser knows no zone %s, the offset counts", (name) => {
  vi.stubEnv("TZ", "UTC");
  expect(read(elsewhere(zone(name, 345), Date.parse("2026-01-15T12:00:00Z")))).toBe("17:45");
  expect(elsewhere(zone(name, 0), Date.parse("2026-01-15T12:00:00Z"))).toBe(null);
});

test.each([
  [zone("America/Argentina/Buenos_Aires", -180), "America/Argentina/Buenos Aires"],
  [zone("Etc/UTC"), "UTC"],
  [zone(null, 0), "UTC"],
  [zone(null, 120), "UTC+2"],
  [zone(null, -210), "UTC−3:30"],
])("%o is called %s", (server, name) => expect(nameOf(server)).toBe(name));

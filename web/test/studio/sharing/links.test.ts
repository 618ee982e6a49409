import { expect, test } from "vitest";
import { endOf, isOver, limitsOf, refusedIn, siteOf, untilText } from "../../../src/studio/sharing/links.ts";
import type { PlaybackLink } from "../../../src/shared/types.ts";

const NOW = new Date(2026, 11, 30, 20, 0).getTime();
const HOUR_MS = 3_600_000;
const link = (more: Partial<PlaybackLink> = {}): PlaybackLink => ({
  id: "1",
  label: "Grandma",
  folder: "/t/a.b",
  createdAt: "2026-12-30T10:00:00Z",
  expiresAt: null,
  by: null,
  site: null,
  address: null,
  ...more,
});

test("a link holds for a while, through a day, or until it is ended", () => {
  expect(endOf("hour", "", NOW)).toBe(NOW + HOUR_MS);
  expect(endOf("month", "", NOW)).toBe(NOW + 30 * 24 * HOUR_MS);
  expect(endOf("open", "", NOW)).toBeNull();
  expect(endOf("date", "2026-12-30", NOW)).toBe(new Date(2026, 11, 31).getTime());
  expect(endOf("date", "2026-12-31", NOW)).toBe(new Date(2027, 0, 1).getTime());
});

test.each(["", "2026-12-29", "2026", "soon"])("%o is no last day", (day) => expect(endOf("date", day, NOW)).toBeNaN());

test.each([
  ["", null],
  ["  ", null],
  ["example.org", "https://example.org"],
  ["https://example.org/page?x=1", "https://example.org"],
  ["http://nas:8080/tv", "http://nas:8080"],
  ["nas:8080", "https://nas:8080"],
  [" EXAMPLE.org ", "https://example.org"],
])("%o means the site %o", (typed, site) => expect(siteOf(typed)).toBe(site));

test.each(["javascript:alert(1)", "ftp://example.org", "https://", "two words", "https://exa mple.org"])("%o is no site", (typed) =>
  expect(siteOf(typed)).toBe(""),
);

test.each([
  ["invalid", "`address`: give one network address, such as 203.0.113.7 or 2001:db8::/64.", "address"],
  ["bad_expiry", "`expiresAt` must be in the future, within ten years.", "expiresAt"],
  ["too_many_links", "This channel has 10000 links already: end some.", null],
])("%o with %o is about the field %o", (code, sentence, field) => expect(refusedIn(code, sentence)).toBe(field));

test("a link says until when it holds, and where", () => {
  expect(untilText(link(), NOW)).toBe("No end");
  expect(untilText(link({ expiresAt: new Date(NOW + HOUR_MS).toISOString() }), NOW)).toMatch(/^Ends .*9:00|^Ends .*21:00/);
  expect(limitsOf(link())).toEqual([]);
  expect(limitsOf(link({ site: "https://example.org", address: "203.0.113.7" }))).toEqual([
    "only in pages of example.org",
    "only from 203.0.113.7",
  ]);
  expect([isOver(link(), NOW), isOver(link({ expiresAt: new Date(NOW).toISOString() }), NOW)]).toEqual([false, true]);
});

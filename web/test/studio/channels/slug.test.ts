import { expect, test } from "vitest";
import { RESERVED, slugFault, suggestedSlug } from "../../../src/studio/channels/slug.ts";

const none: ReadonlySet<string> = new Set();

test.each([
  ["Kids", "kids"],
  ["  News at   Nine! ", "news-at-nine"],
  ["Çocuk Kanalı", "cocuk-kanali"],
  ["Große Fälle & Łódź", "grosse-falle-and-lodz"],
  ["Grandma’s films", "grandmas-films"],
  ["ﬁne № 1", "fine-no-1"],
  ["— 24/7 —", "24-7"],
  ["日本", "channel"],
  ["🎬 القناة", "channel"],
  ["Live", "live-2"],
  ["   ", ""],
])("a title suggests a slug: %s", (title, slug) => {
  expect(suggestedSlug(title, none)).toBe(slug);
});

test("a suggestion is always free, and short enough", () => {
  expect(suggestedSlug("Kids", new Set(["kids", "kids-2"]))).toBe("kids-3");
  const long = "very long ".repeat(20);
  const first = suggestedSlug(long, none);
  const second = suggestedSlug(long, new Set([first]));
  expect([first.length <= 63, second.length <= 63, second.endsWith("-2")]).toEqual([true, true, true]);
  for (const title of [...RESERVED, long]) expect(slugFault(suggestedSlug(title, none), none)).toBe("");
});

test.each(["a", "7", "news-24", "x".repeat(63)])("the server takes it: %s", (slug) => {
  expect(slugFault(slug, none)).toBe("");
});

test.each(["", "-a", "a-", "A", "a b", "a/b", "ä", "a.b", "x".repeat(64), "studio", "new"])("the server would not: %s", (slug) => {
  expect(slugFault(slug, none)).toMatch(/\.$/);
});

test("what is taken says so", () => {
  expect(slugFault("kids", new Set(["kids"]))).toContain("already a channel “kids”");
});

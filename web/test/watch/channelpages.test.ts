import { expect, test } from "vitest";
import type { PublicChannel, PublicChannels } from "../../src/shared/types.ts";
import { readPages } from "../../src/watch/channelpages.ts";

const channel = (slug: string) => ({ slug }) as PublicChannel;

const PAGES: Readonly<Record<string, Omit<PublicChannels, "serverTime" | "total">>> = {
  "stream/channels.json": { channels: [channel("a"), channel("b")], next: "channels.json?after=1.b" },
  // One of the page before is told again where a channel was deleted meanwhile.
  "stream/channels.json?after=1.b": { channels: [channel("b"), channel("c")], next: "channels.json?after=2.c" },
  "stream/channels.json?after=2.c": { channels: [channel("d")], next: null },
};

test.each([
  [1, "ab", "channels.json?after=1.b"],
  [2, "abc", "channels.json?after=2.c"],
  [3, "abcd", null],
  [9, "abcd", null],
])("%d pages are one list, in which every channel is once", async (count, slugs, next) => {
  const asked: string[] = [];
  const read = (path: string) => {
    asked.push(path);
    return Promise.resolve({ serverTime: "now", total: 4, ...PAGES[path] } as PublicChannels);
  };
  const shown = await readPages(count, read);
  expect(shown.channels.map(({ slug }) => slug).join("")).toBe(slugs);
  expect([shown.next, shown.total]).toEqual([next, 4]);
  expect(asked).toEqual(Object.keys(PAGES).slice(0, count));
});

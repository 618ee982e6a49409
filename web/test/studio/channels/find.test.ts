import { expect, test } from "vitest";
import { counts, found, isFilter } from "../../../src/studio/channels/find.ts";
import { airing, channel, standby } from "./channels.ts";

const channels = [
  channel("main", { title: "Main", state: "on", onAir: airing("A film") }),
  channel("news", { state: "on", onAir: airing("Slate", true), standby: standby() }),
  channel("kids", { title: "For the Children", state: "paused" }),
  channel("kids-2", { title: "More for children" }),
];
const slugs = (query: string, filter: Parameters<typeof found>[2]): string =>
  found(channels, query, filter).map(({ slug }) => slug).join();

test("words of titles and slugs, in any order and case", () => {
  expect(slugs("CHILDREN for", "all")).toBe("kids,kids-2");
  expect(slugs("kids", "all")).toBe("kids,kids-2");
  expect(slugs("kids", "off")).toBe("kids-2");
  expect(slugs("", "on")).toBe("main");
  expect(slugs("", "standby")).toBe("news");
  expect(slugs("main kids", "all")).toBe("");
});

test("each filter knows how many it shows", () => {
  expect(counts(channels)).toEqual({ all: 4, on: 1, standby: 1, paused: 1, off: 1 });
});

test("a link may name a filter", () => {
  expect([isFilter("standby"), isFilter("red"), isFilter(null)]).toEqual([true, false, false]);
});

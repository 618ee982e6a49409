import { expect, test } from "vitest";
import { withStart } from "../../src/watch/startdate.ts";

const MEDIA = "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-PROGRAM-DATE-TIME:2026-11-22T20:00:00.000Z\n#EXTINF:2.0,\n0.ts\n";
const at = (text: string): number => Date.parse(text);

test("playing begins at a date, counted from the first segment", () => {
  const lines = withStart(MEDIA, at("2026-11-22T20:10:00.500Z")).split("\n");
  expect(lines.slice(0, 3)).toEqual(["#EXTM3U", "#EXT-X-START:TIME-OFFSET=600.500,PRECISE=YES", "#EXT-X-VERSION:6"]);
  expect(lines.slice(2).join("\n")).toBe(MEDIA.slice("#EXTM3U\n".length));
});

test("a date that has left the playlist becomes its beginning", () => {
  expect(withStart(MEDIA, at("2026-11-22T19:00:00Z"))).toContain("TIME-OFFSET=0.000,");
});

test("what is no media playlist with dates stays as it is", () => {
  for (const text of ["#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\na.m3u8\n", "", "{}"]) expect(withStart(text, 5)).toBe(text);
});

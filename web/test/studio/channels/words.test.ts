import { expect, test } from "vitest";
import { inOurWords, placeOf } from "../../../src/studio/channels/refusal.ts";
import { bandwidthText, isRungsPending, onAirText, rungsText, watchingText } from "../../../src/studio/channels/words.ts";
import { airing, channel, standby } from "./channels.ts";

test("what viewers get", () => {
  expect(onAirText(channel("a", { state: "on", onAir: airing("A film") }))).toBe("A film");
  expect(onAirText(channel("a", { state: "on", onAir: airing("Slate", true) }))).toContain("being prepared");
  expect(onAirText(channel("a", { state: "on", onAir: airing("Slate", true), standby: standby() }))).toBe("Nothing ready to play");
  expect(onAirText(channel("a", { state: "on" }))).toContain("in a moment");
  expect(onAirText(channel("a", { state: "paused", onAir: airing("Slate", true) }))).toContain("Paused");
  // A pause shows at the next border; a stopped channel airs to its end.
  expect(onAirText(channel("a", { state: "paused", onAir: airing("A film") }))).toBe("A film");
  expect(onAirText(channel("a", { state: "off", onAir: airing("A film") }))).toBe("A film");
  expect(onAirText(channel("a"))).toBe("Off air");
  expect(onAirText(channel("a", { totalVideos: 0 }))).toBe("The playlist is empty");
  expect(onAirText(channel("a", { error: "It cannot be read." }))).toContain("started again");
});

test("quality steps in short", () => {
  expect(rungsText(["720p"])).toBe("720p");
  expect(rungsText(["720p", "240p"])).toBe("720p, 240p");
  expect(rungsText(["1080p", "720p", "240p"])).toBe("1080p to 240p");
  expect(bandwidthText(821_000)).toBe("821 kbit/s");
  expect(bandwidthText(999_900)).toBe("1.0 Mbit/s");
  expect(bandwidthText(5_029_000)).toBe("5.0 Mbit/s");
  expect(bandwidthText(9_960_000)).toBe("10 Mbit/s");
});

test("the next start brings other steps", () => {
  expect(isRungsPending(channel("a"))).toBe(false);
  expect(isRungsPending(channel("a", { rungsOnAir: ["720p", "240p"] }))).toBe(false);
  expect(isRungsPending(channel("a", { rungsOnAir: ["720p"] }))).toBe(true);
});

test("a refusal stands beside its field, in the words of the page", () => {
  expect([placeOf("channel_exists"), placeOf("bad_window"), placeOf("away")]).toEqual(["slug", "windowSeconds", null]);
  expect(inOurWords("The `slug` “new” is reserved; choose another one.")).toBe("The URL name “new” is reserved; choose another one.");
  expect(inOurWords("`unheard` is odd.")).toBe("`unheard` is odd.");
});

test("how many watch is an estimate", () => {
  expect([3, 1, 0, null].map(watchingText)).toEqual([
    "About 3 people are watching.",
    "About 1 person is watching.",
    "Nobody seems to be watching.",
    "How many are watching is not known.",
  ]);
});

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Opening } from "../../src/watch/opening.ts";

const MASTER = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=2\n1/480p.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=1\n1/240p.m3u8\n";
const URL = "https://tv.example/stream/main/stream.m3u8";
const texts = new Map<string, string>();
const asked: string[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  asked.length = 0;
  texts.clear();
  texts.set(URL, MASTER);
  for (const rung of ["240p", "480p"]) texts.set(`https://tv.example/stream/main/1/${rung}.m3u8`, rung);
  vi.stubGlobal("fetch", (url: string) => {
    asked.push(url.replace("https://tv.example/stream/main/", ""));
    const text = texts.get(url);
    return Promise.resolve({ ok: text !== undefined, url, text: () => Promise.resolve(text) });
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test.each([
  [false, "480p"],
  [true, "240p"],
])("the playlists that the engine will want are there when it comes (slow line: %s)", async (isSlow, rung) => {
  const opening = new Opening(URL, isSlow);
  expect((await opening.take(URL))?.text).toBe(MASTER);
  expect((await opening.take(`https://tv.example/stream/main/1/${rung}.m3u8`))?.text).toBe(rung);
  expect(asked).toEqual(["stream.m3u8", `1/${rung}.m3u8`]);
});

test("each is given once: what airs is asked for again", async () => {
  const opening = new Opening(URL, false);
  await opening.take(URL);
  expect(opening.take(URL)).toBeNull();
  expect(opening.take("https://tv.example/another")).toBeNull();
});

test("what does not come, or is out of date, is left to the engine", async () => {
  texts.clear();
  const away = new Opening(URL, false);
  expect(await away.take(URL)).toBeNull();
  expect(asked).toEqual(["stream.m3u8"]);

  texts.set(URL, MASTER);
  const old = new Opening(URL, false);
  await vi.advanceTimersByTimeAsync(6000);
  expect(await old.take(URL)).toBeNull();

  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("no network")));
  expect(await new Opening(URL, false).take(URL)).toBeNull();
});

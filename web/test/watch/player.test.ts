import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Engine, Extent, Listener, Start } from "../../src/watch/engine.ts";
import { QUICK } from "../../src/watch/pace.ts";
import { Player } from "../../src/watch/player.svelte.ts";

/** What hls.js would play: two minutes, of which the last six seconds are not played yet. */
class FakeEngine implements Engine {
  static last: FakeEngine | null = null;
  readonly rungs = [];
  readonly rung = "";
  readonly isCutOff = false;
  readonly ahead = 8;
  readonly extent: Extent = { start: 0, live: 114, end: 120 };
  readonly url: string;
  readonly start: Start;
  readonly listener: Listener;

  constructor(_video: unknown, url: string, listener: Listener, _facts: unknown, start: Start) {
    this.url = url;
    this.start = start;
    this.listener = listener;
    FakeEngine.last = this;
    listener.ready();
  }

  choose(): void {}
  destroy(): void {}

  dateAt(position: number): number {
    return position * 1000;
  }

  positionAt(date: number): number {
    return date / 1000;
  }
}

vi.mock("../../src/watch/hlsEngine.ts", () => ({ isSupported: () => true, HlsEngine: FakeEngine }));
vi.stubGlobal("HTMLMediaElement", { HAVE_FUTURE_DATA: 3 });

class FakeVideo extends EventTarget {
  paused = true;
  muted = false;
  volume = 1;
  playbackRate = 1;
  readyState = 4;
  seeking = false;
  currentTime = 114;

  play(): Promise<void> {
    this.paused = false;
    this.dispatchEvent(new Event("playing"));
    return Promise.resolve();
  }

  pause(): void {
    this.paused = true;
    this.dispatchEvent(new Event("pause"));
  }
}

let video: FakeVideo;
let player: Player;
const onBarred = vi.fn();

beforeEach(async () => {
  vi.useFakeTimers();
  onBarred.mockClear();
  video = new FakeVideo();
  const urls = { base: "old/", live: "old/live", rewind: "old/rewind" };
  player = new Player(video as unknown as HTMLVideoElement, urls, () => {}, () => 120_000, onBarred);
  player.start();
  await vi.waitUntil(() => player.state === "playing");
  vi.advanceTimersByTime(250); // it has looked where it is
});

afterEach(() => {
  player.destroy();
  vi.useRealTimers();
});

/** A stall has left the picture where it stood; return the pace of the next look. */
function paceAfterStall(seconds: number): number {
  video.currentTime -= seconds;
  vi.advanceTimersByTime(250);
  return video.playbackRate;
}

test("after a stall it catches up with the live edge, and no further", () => {
  expect(paceAfterStall(0)).toBe(1);
  expect(paceAfterStall(3)).toBe(QUICK);
  video.currentTime = 114;
  expect(paceAfterStall(0)).toBe(1);
});

test("who went back on purpose is left there, until they go live", () => {
  player.seekBy(-5);
  expect(paceAfterStall(3)).toBe(1);
  player.goLive();
  player.seekBy(-0.5);
  player.goLive();
  expect(paceAfterStall(3)).toBe(QUICK);
});

test("who paused goes on from there; a double click is no pause", () => {
  player.pause();
  vi.advanceTimersByTime(500);
  player.play();
  expect(paceAfterStall(3)).toBe(QUICK);
  player.pause();
  vi.advanceTimersByTime(5000);
  player.play();
  expect(paceAfterStall(0)).toBe(1);
});

test("a programme that is started over keeps its pace", async () => {
  player.replay({ url: "old/preview", startsAt: 0, endsAt: null, offset: 0 });
  await vi.waitUntil(() => FakeEngine.last?.url === "old/preview");
  expect(paceAfterStall(60)).toBe(1);
});

test("the long playlist keeps its pace", async () => {
  player.hear("on", -600_000);
  vi.advanceTimersByTime(250);
  player.seekBy(-300);
  await vi.waitUntil(() => FakeEngine.last?.url === "old/rewind");
  expect(paceAfterStall(60)).toBe(1);
});

const MOVED = { base: "new/", live: "new/live", rewind: "new/rewind" };

test("what moves into another folder goes on there, where it was", async () => {
  player.move(MOVED);
  await vi.waitUntil(() => FakeEngine.last?.url === "new/live");
  expect(FakeEngine.last?.start).toEqual({});
  player.isTravelling = false;
  player.pause();
  player.seekBy(-60);
  player.move({ ...MOVED, base: "third/", rewind: "third/rewind" });
  await vi.waitUntil(() => FakeEngine.last?.url === "third/rewind");
  expect(FakeEngine.last?.start).toEqual({ date: 54_000 });
  expect(video.paused).toBe(true);
});

test("a programme that is watched from its start goes on in the other folder, too", async () => {
  player.replay({ url: "old/preview", startsAt: 0, endsAt: null, offset: 0 });
  await vi.waitUntil(() => FakeEngine.last?.url === "old/preview");
  player.isTravelling = false;
  video.currentTime = 30;
  vi.advanceTimersByTime(250);
  player.move(MOVED);
  await vi.waitUntil(() => FakeEngine.last?.url === "new/preview");
  expect(FakeEngine.last?.start).toEqual({ position: 30 });
});

test("who is barred asks why, and goes on in another folder at once, in the same one after a while", async () => {
  const before = FakeEngine.last;
  player.seekBy(-60);
  before?.listener.failed("barred");
  expect([player.state, onBarred.mock.calls.length]).toEqual(["barred", 1]);
  player.hear("on", null); // as the page is told when it asks
  await vi.advanceTimersByTimeAsync(900);
  expect(FakeEngine.last).toBe(before);
  await vi.advanceTimersByTimeAsync(200);
  expect(FakeEngine.last?.url).toBe("old/rewind");
  FakeEngine.last?.listener.failed("barred");
  player.move(MOVED);
  await vi.waitUntil(() => FakeEngine.last?.url === "new/rewind");
  expect(FakeEngine.last?.start).toEqual({ date: 54_000 });
});

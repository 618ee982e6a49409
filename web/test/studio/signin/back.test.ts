import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { errand, wayBack } from "../../../src/studio/signin/back.ts";

test.each(["/", "/watch/main", "/watch/caf%C3%A9"])("who came from %s goes back there", (path) => {
  expect(wayBack(path)).toBe(path);
});

test.each([
  null,
  "",
  "//evil.example",
  "/\\evil.example",
  "https://evil.example/watch/main",
  "/watch//evil.example",
  "/watch/main/more",
  "/watch/main?next=//evil.example",
  "/watch/main\\..",
  "/api/session/sso",
  "/t/token/watch/main",
  "javascript:alert(1)",
  " /watch/main",
  "/watch/main\n//evil.example",
])("%o leads to the Studio", (path) => {
  expect(wayBack(path)).toBe("/studio");
});

beforeEach(() => {
  const items = new Map<string, string>();
  vi.stubGlobal("sessionStorage", {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
    removeItem: (key: string) => void items.delete(key),
  });
  vi.useFakeTimers();
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("who signs in with another service comes back once, unless that takes too long", () => {
  expect(errand.take()).toBeNull();
  errand.begin("/watch/main");
  expect([errand.take(), errand.take()]).toEqual(["/watch/main", null]);
  errand.begin("/watch/main");
  vi.advanceTimersByTime(10 * 60_000);
  expect(errand.take()).toBeNull();
});

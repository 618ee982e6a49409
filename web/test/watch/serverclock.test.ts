import { expect, test } from "vitest";
import { ServerClock } from "../../src/watch/serverclock.ts";

test("without news, our clock is as good as any", () => {
  expect(new ServerClock().at(5)).toBe(5);
});

test("an answer from a cache does not turn the clock back", () => {
  const clock = new ServerClock();
  clock.hear(10_000, 7000);
  clock.hear(10_000, 9000);
  expect(clock.at(9000)).toBe(12_000);
});

test("old answers are forgotten, so that a clock that was set is followed", () => {
  const clock = new ServerClock();
  clock.hear(1_000_000, 0);
  for (let count = 0; count < 12; count += 1) clock.hear(100, 100);
  expect(clock.at(200)).toBe(200);
});

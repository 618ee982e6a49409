import { expect, test } from "vitest";
import { airOf, airSeen } from "../../src/shared/onair.ts";

const slate = { isSlate: true };
const film = { isSlate: false };

test.each([
  ["off", null, null, "off"],
  ["paused", slate, null, "paused"],
  ["on", film, null, "on"],
  ["on", null, null, "starting"],
  ["on", slate, null, "starting"],
  ["on", slate, {}, "standby"],
] as const)("%s is told as what viewers have %#", (state, onAir, standby, air) => {
  expect(airOf({ state, onAir, standby })).toBe(air);
});

test("a viewer is told that a slate lasts, and not of a short one", () => {
  const seen = { isSlate: true, startsAt: 1000 };
  expect(airSeen("on", seen, 60_999)).toBe("starting");
  expect(airSeen("on", seen, 61_000)).toBe("standby");
  expect(airSeen("on", { isSlate: false, startsAt: 0 }, 99_000)).toBe("on");
  expect(airSeen("on", null, 99_000)).toBe("on");
  expect(airSeen("paused", seen, 99_000)).toBe("paused");
});

import { expect, test } from "vitest";
import { pendingAt, phaseOf, playheadOf, slateSince, startHint } from "../../../src/studio/playlist/phase.ts";
import type { ChannelTopic } from "../../../src/shared/types.ts";
import { standby } from "../channels/channels.ts";
import { NOW, at, showing, topic } from "./topics.ts";

const slate = showing("", -1, null, { entry: null, isSlate: true });

const onStandby = (more: Partial<ChannelTopic> = {}): ChannelTopic => {
  const value = topic({ onAir: slate, ...more });
  return { ...value, channel: { ...value.channel, standby: standby() } };
};

test.each([
  [topic(), "on"],
  [topic({ onAir: slate }), "slate"],
  [onStandby(), "standby"],
  [onStandby({ effectiveAt: at(2) }), "leaving"],
  [topic({ onAir: slate, effectiveAt: at(2) }), "leaving"],
  [topic({ onAir: null }), "starting"],
  [topic({ effectiveAt: at(2) }, "paused"), "pausing"],
  [topic({ onAir: slate }, "paused"), "paused"],
  [topic({ effectiveAt: at(2) }, "off"), "stopping"],
  [topic({ onAir: null }, "off"), "off"],
])("the phase tells what was asked for and what viewers have %#", (value, phase) => {
  expect(phaseOf(value, NOW)).toBe(phase);
});

test("an edit is pending until its moment comes", () => {
  expect(pendingAt(topic({ effectiveAt: at(2) }), NOW)).toBe(NOW + 2000);
  expect(pendingAt(topic({ effectiveAt: at(2) }), NOW + 2000)).toBeNull();
});

test("a pause began with the slate, not with the broadcast", () => {
  expect(slateSince(topic({ onAir: slate }, "paused"))).toBe(NOW - 1000);
  expect(slateSince(topic({ onAir: null }, "paused"))).toBeNull();
  expect(slateSince(topic())).toBeNull();
});

test("the playhead counts from where the showing began in the video", () => {
  const half = topic({ onAir: showing("a", -4, 6, { firstOffset: 10 }) });
  expect(playheadOf(half, NOW)).toEqual({ at: 14, left: 6, share: 0.7 });
  expect(playheadOf(half, NOW + 60_000)).toMatchObject({ left: 0, share: 1 });
  expect(playheadOf(topic({ onAir: slate }), NOW)).toBeNull();
});

test("off the air it is said what comes of a start", () => {
  expect(startHint([], false)).toMatch(/^Upload a video/);
  expect(startHint([], true)).toMatch(/^You can start now: viewers see the standby picture/);
  expect(startHint([{ airable: false }], false)).toMatch(/^You can start now/);
  expect(startHint([{ airable: false }, { airable: true }], true)).toBe("Ready to go on air.");
});

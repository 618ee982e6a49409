import type { ChannelTopic, Showing } from "../../../src/shared/types.ts";

export const NOW = Date.parse("2026-11-22T20:00:00.000Z");
export const at = (seconds: number): string => new Date(NOW + seconds * 1000).toISOString();

export function showing(entry: string, from: number, to: number | null, more: Partial<Showing> = {}): Showing {
  return {
    entry,
    id: entry,
    name: entry,
    startsAt: at(from),
    endsAt: to === null ? null : at(to),
    firstOffset: 0,
    isPartial: false,
    isSlate: false,
    isBackfilled: false,
    ...more,
  };
}

/** A channel on air with “a” since four seconds ago, for six more. */
export function topic(more: Partial<ChannelTopic> = {}, state: "on" | "paused" | "off" = "on"): ChannelTopic {
  const channel = {
    slug: "main",
    title: "Main",
    state,
    standby: null,
    rungs: ["360p"],
    windowSeconds: 300,
    slate: null,
    playback: "public" as const,
    createdAt: at(-99),
    startedAt: at(-50),
    streamUrl: "/stream/stream.m3u8",
    totalVideos: 3,
    currentVideo: null,
    onAir: null,
    rungsOnAir: state === "off" ? null : ["360p"],
    error: "",
  };
  return {
    channel,
    revision: 1,
    canUndo: false,
    effectiveAt: null,
    horizonSeconds: 1,
    lengthSeconds: 30,
    onAir: showing("a", -4, 6),
    upNext: [showing("b", 6, 16), showing("c", 16, 26)],
    held: null,
    entries: [],
    ...more,
  };
}

import type { Channel, Showing, Standby } from "../../../src/shared/types.ts";

export function channel(slug: string, more: Partial<Channel> = {}): Channel {
  return {
    slug,
    title: slug,
    state: "off",
    standby: null,
    rungs: ["720p", "240p"],
    windowSeconds: 300,
    slate: null,
    playback: "public",
    createdAt: "2026-11-22T18:00:00.000Z",
    startedAt: null,
    streamUrl: `/stream/${slug}/stream.m3u8`,
    totalVideos: 1,
    currentVideo: null,
    onAir: null,
    rungsOnAir: null,
    error: "",
    ...more,
  };
}

export const standby = (more: Partial<Standby> = {}): Standby => ({
  since: "2026-11-22T20:00:00.000Z",
  reason: "empty",
  message: "Its playlist is empty.",
  remedy: "Add videos to its playlist, or stop the channel.",
  expectedAt: null,
  ...more,
});

export const airing = (name: string, isSlate = false): Showing => ({
  entry: isSlate ? null : "e",
  id: isSlate ? null : "v",
  name,
  startsAt: "2026-11-22T20:00:00.000Z",
  endsAt: "2026-11-22T20:00:10.000Z",
  firstOffset: 0,
  isPartial: false,
  isSlate,
  isBackfilled: false,
});

/** What a channel is doing, with what it is about to do. Pure. */
import type { ChannelTopic, PlaylistEntry } from "../../shared/types.ts";

/** "pausing", "leaving" (the slate) and "stopping": asked for, and not on air yet. "slate": until the next video is ready. */
export type Phase = "off" | "starting" | "on" | "slate" | "standby" | "leaving" | "pausing" | "paused" | "stopping";

/** now: milliseconds since 1970. */
export function phaseOf(topic: ChannelTopic, now: number): Phase {
  const isPending = pendingAt(topic, now) !== null;
  const { onAir } = topic;
  switch (topic.channel.state) {
    case "off":
      return onAir && isPending ? "stopping" : "off";
    case "paused":
      return onAir && !onAir.isSlate && isPending ? "pausing" : "paused";
    case "on":
      if (!onAir) return "starting";
      if (!onAir.isSlate) return "on";
      if (isPending) return "leaving";
      return topic.channel.standby ? "standby" : "slate";
  }
}

/** Return when the last edit reaches the air, in milliseconds since 1970; null once it has. */
export function pendingAt(topic: ChannelTopic, now: number): number | null {
  const at = topic.effectiveAt === null ? 0 : Date.parse(topic.effectiveAt);
  return at > now ? at : null;
}

/** Return since when viewers see the slate, in milliseconds since 1970; null where they do not, or nobody knows. */
export function slateSince({ onAir }: Pick<ChannelTopic, "onAir">): number | null {
  return onAir?.isSlate ? Date.parse(onAir.startsAt) : null;
}

/** How far the showing on air has come; all in seconds. */
export interface Playhead {
  /** From the beginning of the video. */
  readonly at: number;
  readonly left: number;
  readonly share: number;
}

/** Return where the playhead stands; null on the slate, off air, and while only an edit ends the showing. */
export function playheadOf({ onAir }: Pick<ChannelTopic, "onAir">, now: number): Playhead | null {
  if (!onAir?.endsAt || onAir.isSlate) return null;
  const [start, end] = [Date.parse(onAir.startsAt), Date.parse(onAir.endsAt)];
  const at = onAir.firstOffset + Math.max(0, Math.min(now, end) - start) / 1000;
  const left = Math.max(0, end - now) / 1000;
  return { at, left, share: at + left > 0 ? at / (at + left) : 0 };
}

/** Say what comes of a start; isComing: files for the playlist are on their way. */
export function startHint(entries: readonly Pick<PlaylistEntry, "airable">[], isComing: boolean): string {
  if (entries.length === 0 && !isComing) return "Upload a video, or add one from the library, to start.";
  if (entries.some(({ airable }) => airable)) return "Ready to go on air.";
  return "You can start now: viewers see the standby picture until the first video is ready.";
}

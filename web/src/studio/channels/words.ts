/** What is known of a channel, in the words of people. Pure. */
import type { Channel } from "../../shared/types.ts";

/** What viewers get just now. */
export function onAirText({ state, standby, onAir, totalVideos, error }: Channel): string {
  if (error !== "") return "Nothing until it is started again";
  if (state === "paused") return onAir && !onAir.isSlate ? onAir.name : "Paused: viewers see the standby picture";
  if (standby) return "Nothing ready to play";
  if (onAir) return onAir.isSlate ? "The next video is being prepared" : onAir.name;
  if (state === "on") return "Goes on air in a moment";
  return totalVideos === 0 ? "The playlist is empty" : "Off air";
}

/** How many watch; it is an estimate. viewers: null where that is not known. */
export function watchingText(viewers: number | null): string {
  if (viewers === null) return "How many are watching is not known.";
  if (viewers === 0) return "Nobody seems to be watching.";
  return viewers === 1 ? "About 1 person is watching." : `About ${viewers.toLocaleString()} people are watching.`;
}

/** Qualities in short, best first: "720p", "1080p, 720p", "1080p to 240p". */
export function rungsText(rungs: readonly string[]): string {
  const [best, least] = [rungs[0], rungs.at(-1)];
  return rungs.length > 2 ? `${best} to ${least}` : rungs.join(", ");
}

/** A data rate with two digits: "10 Mbit/s", "840 kbit/s". bandwidth: bits per second. */
export function bandwidthText(bandwidth: number): string {
  const kilobits = Math.round(bandwidth / 1000);
  if (kilobits < 1000) return `${kilobits} kbit/s`;
  return `${(kilobits / 1000).toFixed(kilobits < 9950 ? 1 : 0)} Mbit/s`;
}

/** Say whether viewers have other quality steps now than they will after the next start. */
export function isRungsPending({ rungs, rungsOnAir }: Pick<Channel, "rungs" | "rungsOnAir">): boolean {
  return rungsOnAir !== null && rungsOnAir.join() !== rungs.join();
}

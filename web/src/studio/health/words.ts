/** How the server is, in the words of people. Pure; times in ms since 1970. */
import { clockSecondsText, countText, whenText } from "../../shared/format.ts";
import type { Channel } from "../../shared/types.ts";
import type { ChannelHealth, HealthCheck, HealthState, HealthTopic, Job, Trouble } from "./health.ts";

const PARTS: Readonly<Record<string, string>> = {
  "event loop": "responsiveness",
  disk: "disk space",
  ffmpeg: "FFmpeg",
  slate: "standby picture",
  packaging: "encoding",
  audit: "activity log",
  duties: "background tasks",
  standby: "channels on standby",
};

/** What a person calls a part of the server, inside a sentence; one that we do not know keeps its name. */
const spoken = (name: string): string => PARTS[name] ?? name;

/** What a person calls a part of the server, as a title. */
export function partName(name: string): string {
  const words = spoken(name);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const WORST_FIRST: readonly HealthState[] = ["failing", "starting", "degraded", "ok"];

/** Return the checks with those first that somebody should look at. */
export function worstFirst(checks: readonly HealthCheck[]): readonly HealthCheck[] {
  return checks.toSorted((one, other) => WORST_FIRST.indexOf(one.state) - WORST_FIRST.indexOf(other.state));
}

/** Return since when the server is as it is; undefined before its first look. */
export function since({ state, checks }: Pick<HealthTopic, "state" | "checks">): number | undefined {
  const moments = checks.filter((check) => check.state === state).map((check) => Date.parse(check.since));
  if (moments.length === 0) return undefined;
  return state === "ok" ? Math.max(...moments) : Math.min(...moments);
}

/** The one sentence about the whole server. */
export function headline(topic: Pick<HealthTopic, "state" | "checks">, now: number): string {
  const { state, checks } = topic;
  if (state === "starting" || checks.length === 0) return "The server is starting.";
  const moment = since(topic);
  const when = moment === undefined ? "" : ` since ${whenText(moment, now)}`;
  if (state === "ok") return `All good${when}.`;
  const parts = listed(checks.filter((check) => check.state === state).map(({ name }) => spoken(name)));
  if (state === "failing") return `The server has a problem${when}: ${parts}.`;
  return `Working, but needs attention${when}: ${parts}.`;
}

/** So long without a new figure, of which there is one every ten seconds, and the page is old. */
const OLD_AFTER_MS = 45_000;

/** Return why what is shown may not be so any more; "" while it is. heardAt: when the server last told of itself. */
export function staleness(isAway: boolean, latestAt: number | undefined, heardAt: number, now: number): string {
  if (isAway)
    return `No contact with the server since ${clockSecondsText(heardAt)}. The figures below are from then and will update by themselves.`;
  if (latestAt === undefined || now - latestAt < OLD_AFTER_MS) return "";
  return `No health check since ${clockSecondsText(latestAt)}: the server may be overloaded. Its log may have details.`;
}

/** "A", "A and B", "A, B and C". */
export function listed(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? "") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

/** How fast it goes: "118 fps, 4.7× real time". Empty while that is unknown. */
export function encoderText({ fps, speed }: Pick<Job, "fps" | "speed">): string {
  const parts = [fps > 0 ? `${Math.round(fps)} fps` : "", speed > 0 ? `${speed.toFixed(1)}× real time` : ""];
  return parts.filter(Boolean).join(", ");
}

/** "3 times since 14:05"; "" for what happened once. */
export function repeatText({ count, firstAt }: Trouble, now: number): string {
  return count > 1 ? `${countText(count, "time")} since ${whenText(Date.parse(firstAt), now)}` : "";
}

/** Return the newest broken promise of a channel's playlists that is remembered. */
export function brokenPromise(slug: string, troubles: readonly Trouble[]): Trouble | undefined {
  return troubles.find(({ code, about, subject }) => code === "playlist_violation" && about === "channel" && subject === slug);
}

export interface ChannelLine extends ChannelHealth {
  readonly title: string;
  readonly isStandby: boolean;
  readonly broken: Trouble | undefined;
}

/** Return the channels with those first that need attention, then by viewers. known: all channels by slug. */
export function channelLines(
  { channels, errors }: Pick<HealthTopic, "channels" | "errors">,
  known: ReadonlyMap<string, Pick<Channel, "title" | "standby">>,
): readonly ChannelLine[] {
  const lines = channels.map((channel) => ({
    ...channel,
    title: known.get(channel.slug)?.title ?? channel.slug,
    isStandby: Boolean(known.get(channel.slug)?.standby),
    broken: brokenPromise(channel.slug, errors),
  }));
  const urgency = ({ broken, isStandby }: ChannelLine): number => 2 * Number(Boolean(broken)) + Number(isStandby);
  return lines.sort((one, other) => urgency(other) - urgency(one) || other.viewers - one.viewers);
}

/** Return the page about what went wrong; "" where there is none, or no more. */
export function troublePath({ about, subject, name }: Trouble): string {
  if (name === "") return "";
  if (about === "video") return `/studio/library/${subject}`;
  return about === "channel" ? `/studio/playlist/${subject}` : "";
}

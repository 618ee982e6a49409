/** Links to a channel: how long they hold, for whom, and how that reads. Pure. */
import { whenText } from "../../shared/format.ts";
import type { PlaybackLink } from "../../shared/types.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export const LIFETIMES = [
  { value: "hour", label: "1 hour", ms: HOUR_MS },
  { value: "day", label: "1 day", ms: DAY_MS },
  { value: "week", label: "1 week", ms: 7 * DAY_MS },
  { value: "month", label: "30 days", ms: 30 * DAY_MS },
  { value: "date", label: "Until a date", ms: null },
  { value: "open", label: "Until I end it", ms: null },
] as const;

export type Lifetime = (typeof LIFETIMES)[number]["value"];

/**
 * Return when a link is to end, in ms since 1970: null for never, NaN for a date that is none, or is over. day: the last
 * one, "2026-12-31", in the zone of whoever chose it.
 */
export function endOf(lifetime: Lifetime, day: string, now: number): number | null {
  const found = LIFETIMES.find(({ value }) => value === lifetime);
  if (found?.ms) return now + found.ms;
  if (lifetime === "open") return null;
  const [year = NaN, month = NaN, date = NaN] = day.split("-").map(Number);
  const end = new Date(year, month - 1, date + 1).getTime();
  return end > now ? end : NaN;
}

/** Return the site that somebody means, "https://example.org"; null for none, "" for what is no site. */
export function siteOf(text: string): string | null {
  const typed = text.trim();
  if (typed === "") return null;
  const full = /^[a-z][a-z\d+.-]*:/i.test(typed) && !/^[^/]*:\d+(\/|$)/.test(typed) ? typed : `https://${typed}`;
  const url = URL.canParse(full) ? new URL(full) : null;
  return url && /^https?:$/.test(url.protocol) && url.hostname !== "" ? url.origin : "";
}

/** Return which field the server refused: it names the first one that it could not make sense of, "`address`: …"; null for none. */
export function refusedIn(code: string, sentence: string): string | null {
  return code === "bad_expiry" ? "expiresAt" : (/^`(\w+)`: /.exec(sentence)?.[1] ?? null);
}

/** Until when it holds: "Ends Mon, 23 Nov, 20:04". now: in ms since 1970. */
export function untilText({ expiresAt }: PlaybackLink, now: number): string {
  return expiresAt === null ? "No end" : `Ends ${whenText(Date.parse(expiresAt), now)}`;
}

/** What narrows it: "only in pages of example.org". */
export function limitsOf({ site, address }: PlaybackLink): readonly string[] {
  const limits = [site && `only in pages of ${site.replace(/^https:\/\//, "")}`, address && `only from ${address}`];
  return limits.filter((limit) => limit !== null);
}

export const isOver = ({ expiresAt }: PlaybackLink, now: number): boolean => expiresAt !== null && Date.parse(expiresAt) <= now;

/** The server may stand in another time zone than whoever operates it. All times on the pages are in the viewer's. */
import type { TimeZone } from "./types.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** The viewer's zone, as it is called: "Europe/Berlin". */
export const ownZone = zoneName(Intl.DateTimeFormat().resolvedOptions().timeZone);

/**
 * Return what a clock on the server's wall shows, where that is not what the viewer's shows: "20:50", with the weekday
 * where it is another day there; else null. moment: milliseconds since 1970.
 */
export function elsewhere(server: TimeZone, moment: number): string | null {
  const [there, here] = [offsetIn(server, moment), -new Date(moment).getTimezoneOffset() * MINUTE];
  if (there === here) return null;
  const isSameDay = Math.floor((moment + there) / DAY) === Math.floor((moment + here) / DAY);
  return (isSameDay ? clock : clockWithDay).format(moment + there);
}

/** What the server's zone is called: "America/New York", or "UTC+5:30" where it has no name. */
export function nameOf({ name, utcOffsetMinutes }: TimeZone): string {
  if (name !== null) return zoneName(name);
  const minutes = Math.abs(utcOffsetMinutes);
  const rest = minutes % 60 === 0 ? "" : `:${String(minutes % 60).padStart(2, "0")}`;
  return utcOffsetMinutes === 0 ? "UTC" : `UTC${utcOffsetMinutes < 0 ? "−" : "+"}${Math.floor(minutes / 60)}${rest}`;
}

function zoneName(name: string): string {
  return name.replace(/^Etc\//, "").replaceAll("_", " ");
}

// A moment that was moved by the zone's offset reads right as if in UTC.
const clock = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit", timeZone: "UTC" });
const clockWithDay = new Intl.DateTimeFormat([], { weekday: "short", hour: "2-digit", minute: "2-digit", timeZone: "UTC" });

/** How far a zone is ahead of UTC at a moment; as the server said it where the browser does not know the zone. */
function offsetIn({ name, utcOffsetMinutes }: TimeZone, moment: number): number {
  const told = name === null ? null : offsetText(name, moment);
  if (told === null) return utcOffsetMinutes * MINUTE;
  const [, sign, hours, minutes] = /^GMT(?:([+-])(\d\d):(\d\d))?/.exec(told) ?? [];
  return (sign === "-" ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * MINUTE;
}

const offsets = new Map<string, Intl.DateTimeFormat>();

/** "GMT-05:00"; null where the browser does not know the zone. */
function offsetText(timeZone: string, moment: number): string | null {
  try {
    const format = offsets.get(timeZone) ?? new Intl.DateTimeFormat("en", { timeZone, timeZoneName: "longOffset" });
    offsets.set(timeZone, format);
    return format.formatToParts(moment).find(({ type }) => type === "timeZoneName")?.value ?? null;
  } catch {
    return null;
  }
}

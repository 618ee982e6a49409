/** Entries of the activity log, and how they read. Pure. */
import { bytesText, lengthWords } from "../../shared/format.ts";
import type { Moment } from "../../shared/types.ts";
import { permissionsText } from "../tokens/tokens.ts";

type Details = Readonly<Record<string, unknown>>;

export interface Entry {
  readonly id: number;
  readonly at: Moment;
  /** A sentence. */
  readonly text: string;
  readonly action: string;
  readonly status: number;
  readonly code: string;
  readonly kind: string;
  readonly name: string;
  readonly account: string | null;
  readonly session: string | null;
  readonly address: string;
  readonly device: string;
  readonly before: Details | null;
  readonly after: Details | null;
}

export interface Page {
  readonly entries: readonly Entry[];
  readonly next: number | null;
}

/** Something that changed; "" on either side where nothing is known of it. */
export interface Change {
  readonly label: string;
  readonly before: string;
  readonly after: string;
}

/** What is asked for; "" for any. day: "2026-11-30", as an input for dates has it. */
export interface Wanted {
  readonly person: string;
  readonly day: string;
}

/** Entries of the same day. */
export interface Day {
  readonly title: string;
  readonly entries: readonly Entry[];
}

/** The code of an entry for all that strangers did when there were too many of them to list. */
const MANY_MORE = "many_more";

const LABELS: Readonly<Record<string, string>> = {
  rewindSeconds: "Rewind limit",
  standby: "Standby picture",
  playback: "Who can watch",
  videos: "Videos in the playlist",
  bytes: "Size",
  storageBytes: "Storage limit",
  freedBytes: "Space freed",
  site: "Only on the site",
  address: "Only from the address",
  takenAt: "Backup of",
};

const VALUES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  channels: { all: "All" },
  storageBytes: { default: "Default", unlimited: "No limit" },
  state: { on: "On air", off: "Off air", paused: "Paused" },
  playback: { public: "Everyone", link: "People with a link", signed_in: "People who sign in" },
};

export const isRefused = ({ status }: Entry): boolean => status >= 400;

/** Where somebody was: "203.0.113.7 · Firefox on Linux". */
export function placeText({ address, device, code }: Entry): string {
  const nowhere = code === MANY_MORE ? "Many addresses" : "On this server";
  return [address || nowhere, device].filter(Boolean).join(" · ");
}

/** What an entry says that it changed. */
export function changesOf({ before, after }: Entry): readonly Change[] {
  const names = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
  return [...names].map((name) => ({
    label: labelText(name),
    before: before && name in before ? valueText(name, before[name]) : "",
    after: after && name in after ? valueText(name, after[name]) : "",
  }));
}

/** "rewindSeconds" as people say it; what we do not know is taken apart: "freeSpace" reads "Free space". */
export function labelText(name: string): string {
  const words = name.replaceAll(/([A-Z])/g, " $1").toLowerCase();
  return LABELS[name] ?? words.charAt(0).toUpperCase() + words.slice(1);
}

function valueText(name: string, value: unknown): string {
  if (value === null || value === "") return "None";
  if (typeof value === "boolean") return value ? "Yes" : "No";
  if (typeof value === "number") return numberText(name, value);
  if (name === "permissions" && Array.isArray(value)) return permissionsText(value.map(String));
  if (Array.isArray(value)) return value.length === 0 ? "None" : value.map(String).join(", ");
  if (typeof value === "object") return JSON.stringify(value);
  return VALUES[name]?.[String(value)] ?? momentText(String(value));
}

/** A moment as the reader writes it; what is none stays as it is. */
function momentText(text: string): string {
  return /^\d{4}-\d\d-\d\dT/.test(text) && !Number.isNaN(Date.parse(text)) ? moment.format(Date.parse(text)) : text;
}

function numberText(name: string, value: number): string {
  if (/bytes$/i.test(name)) return bytesText(value);
  return name.endsWith("Seconds") ? lengthWords(value) : value.toLocaleString();
}

const moment = new Intl.DateTimeFormat([], { dateStyle: "medium", timeStyle: "short" });
const date = new Intl.DateTimeFormat([], { dateStyle: "full" });

/** Put entries under their days, in the order in which they are. */
export function daysOf(entries: readonly Entry[]): readonly Day[] {
  const days: { title: string; entries: Entry[] }[] = [];
  for (const entry of entries) {
    const title = date.format(Date.parse(entry.at));
    const last = days.at(-1);
    if (last?.title === title) last.entries.push(entry);
    else days.push({ title, entries: [entry] });
  }
  return days;
}

/** Return the query that asks for entries: a day is the reader's, from midnight to midnight. */
export function queryOf({ person, day }: Wanted): URLSearchParams {
  const query = new URLSearchParams();
  if (person) query.set("account", person);
  const begin = new Date(`${day}T00:00`);
  if (!Number.isNaN(begin.getTime())) {
    const end = new Date(begin);
    end.setDate(end.getDate() + 1);
    query.set("from", begin.toISOString());
    query.set("to", end.toISOString());
  }
  return query;
}

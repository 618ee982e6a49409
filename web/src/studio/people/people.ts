/** People who have an account, and what is said of them. Pure. */
import { relativeText } from "../../shared/format.ts";
import type { Account, Role } from "../../shared/net/door.ts";
import type { Moment } from "../../shared/types.ts";
import type { Quota } from "./quota.ts";

export interface Person extends Account {
  readonly createdAt: Moment;
  readonly usedAt: Moment | null;
  readonly isDisabled: boolean;
  /** Signs in with another service. */
  readonly isExternal: boolean;
  readonly invitedUntil: Moment | null;
  readonly quotaBytes: Quota;
  readonly usedBytes: number;
}

/** A link with which somebody chooses a password: it works once. */
export interface Invitation {
  readonly path: string;
  readonly expiresAt: Moment;
}

/** What can be changed of a person. */
export interface Details {
  readonly title: string;
  readonly role: Role;
  readonly channels: readonly string[] | null;
  readonly quotaBytes: Quota;
}

export interface PersonList {
  readonly people: readonly Person[];
  /** Of those who have none of their own; 0: no limit. */
  readonly quotaBytes: number;
}

export const NAME_LENGTH = 63;
export const TITLE_LENGTH = 100;

export const nameOf = ({ title, name }: { readonly title: string; readonly name: string }): string => title || name;

/** Return why somebody cannot be in just now; "" where nothing is in the way. */
export function obstacleOf({ isDisabled, hasPassword, isExternal, invitedUntil }: Person, now: number): string {
  if (isDisabled) return "Disabled";
  if (hasPassword || isExternal) return "";
  const until = invitedUntil === null ? 0 : Date.parse(invitedUntil);
  return until > now ? "Invited" : "Invitation expired";
}

/** When somebody was here last: "Last seen 2 days ago". */
export function seenText(person: Person, now: number): string {
  if (person.usedAt !== null) return `Last seen ${relativeText(Math.min(Date.parse(person.usedAt), now), now)}`;
  const isOpen = obstacleOf(person, now) === "Invited" && person.invitedUntil !== null;
  return isOpen ? `Link ends ${relativeText(Date.parse(person.invitedUntil), now)}` : "Never signed in";
}

const PLACES: Readonly<Record<string, "name" | "title" | "role" | "channels">> = {
  name_taken: "name",
  bad_name: "name",
  bad_title: "title",
  last_admin: "role",
  first_is_admin: "role",
  bad_role: "role",
  bad_channels: "channels",
  unknown_channel: "channels",
};

/** Return beside which field a refusal of the server belongs; null for one that concerns the whole. */
export const placeOf = (code: string): string | null => PLACES[code] ?? null;

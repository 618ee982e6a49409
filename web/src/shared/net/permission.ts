/** What there is to be allowed, and whether one is. The server decides; pages hide what it would refuse. */
import type { SignedIn } from "./door.ts";
import { session } from "./session.svelte.ts";

export type ChannelPermission = "channel:view" | "channel:read" | "channel:air" | "channel:settings";
export type ServerPermission =
  | "channels:manage"
  | "library:read"
  | "library:upload"
  | "library:edit"
  | "health:read"
  | "server:read"
  | "retention:manage"
  | "tokens:manage"
  | "people:manage"
  | "audit:read"
  | "account:own";
export type Permission = ChannelPermission | ServerPermission;

/** Return whether one who is signed in so may do something, for a channel where one is given, else for any. Pure. */
export function allows(who: SignedIn | null, permission: Permission, slug?: string): boolean {
  if (!who?.permissions.includes(permission)) return false;
  if (!permission.startsWith("channel:") || who.channels === null) return true;
  return slug === undefined ? who.channels.length > 0 : who.channels.includes(slug);
}

/** The addresses for TV apps list all channels, so they are for who may see all. Pure. */
export const mayLinkTv = (who: SignedIn | null): boolean => allows(who, "server:read") && who?.channels === null;

/** Return whether the person at this browser may; false until the server has said so. Reactive. */
export function may(permission: Permission, slug?: string): boolean {
  return allows(session.who, permission, slug);
}

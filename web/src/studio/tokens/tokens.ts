/** API tokens, and how what they open reads. Pure. */
import type { Permission } from "../../shared/net/permission.ts";
import type { Moment } from "../../shared/types.ts";

export interface ApiToken {
  readonly id: string;
  readonly name: string;
  readonly permissions: readonly string[];
  /** null: all. */
  readonly channels: readonly string[] | null;
  readonly createdAt: Moment;
  readonly expiresAt: Moment | null;
  readonly usedAt: Moment | null;
  /** The name of whoever made it, with whose permissions it goes; null: made with the server's token. */
  readonly owner: string | null;
}

interface Group {
  readonly title: string;
  readonly permissions: readonly { readonly permission: Permission; readonly text: string }[];
}

export const GROUPS: readonly Group[] = [
  {
    title: "Channels",
    permissions: [
      { permission: "channel:view", text: "See channels and the guide" },
      { permission: "channel:read", text: "See playlists, settings and viewer numbers" },
      { permission: "channel:air", text: "Edit playlists, put channels on and off air" },
      { permission: "channel:settings", text: "Change channel settings" },
      { permission: "channels:manage", text: "Create and delete channels" },
    ],
  },
  {
    title: "Library",
    permissions: [
      { permission: "library:read", text: "See all videos, download originals" },
      { permission: "library:upload", text: "Upload videos" },
      { permission: "library:edit", text: "Rename, delete, restore and re-encode videos" },
      { permission: "retention:manage", text: "Empty the bin" },
    ],
  },
  {
    title: "Server",
    permissions: [
      { permission: "health:read", text: "See the server’s health" },
      { permission: "server:read", text: "See versions, metrics and TV app links" },
      { permission: "tokens:manage", text: "Create and revoke API tokens" },
      { permission: "people:manage", text: "Add, change and remove people" },
      { permission: "audit:read", text: "See the activity log" },
    ],
  },
];

const ALL = GROUPS.flatMap(({ permissions }) => permissions);

/** What a token opens, in a sentence's length. */
export function permissionsText(names: readonly string[]): string {
  if (ALL.every(({ permission }) => names.includes(permission))) return "Everything";
  return names.map((name) => ALL.find(({ permission }) => permission === name)?.text ?? name).join(" · ");
}

/** After how many days a new one ends; null for never. */
export const LIFETIMES: readonly { readonly days: number | null; readonly label: string }[] = [
  { days: 7, label: "7 days" },
  { days: 30, label: "30 days" },
  { days: 90, label: "90 days" },
  { days: 365, label: "1 year" },
  { days: null, label: "No end" },
];

export const isOver = ({ expiresAt }: ApiToken, now: number): boolean => expiresAt !== null && Date.parse(expiresAt) <= now;

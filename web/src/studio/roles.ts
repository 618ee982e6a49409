/** What people may be, and how that reads. */
import type { Role } from "../shared/net/door.ts";
import type { Channel } from "../shared/types.ts";
import type { Choice } from "../shared/ui/choice.ts";

export const ROLES: readonly Choice<Role>[] = [
  { value: "viewer", title: "Viewer", text: "Sees channels and the guide, and changes nothing." },
  { value: "operator", title: "Operator", text: "Uploads videos, edits playlists and channel settings, and puts channels on and off air." },
  { value: "admin", title: "Admin", text: "May do everything on every channel, and adds people." },
];

export const roleTitle = (role: Role): string => ROLES.find((one) => one.value === role)?.title ?? role;

const FEW = 3;

/** "All channels", or the titles of those that were chosen. slugs: null for all. */
export function channelsText(slugs: readonly string[] | null, channels: readonly Channel[]): string {
  if (slugs === null) return "All channels";
  if (slugs.length === 0) return "No channels";
  const titles = slugs.map((slug) => channels.find((channel) => channel.slug === slug)?.title ?? slug);
  return titles.length > FEW ? `${titles.length} channels` : titles.join(", ");
}

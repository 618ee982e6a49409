/** What is said of a channel that shows only its slate, and where to do something about it. Pure. */
import { whenText } from "../shared/format.ts";
import type { Permission } from "../shared/net/permission.ts";
import type { Standby, StandbyReason } from "../shared/types.ts";
import type { IconName } from "../shared/ui/icons.ts";

/** "“A film” is being encoded. Expected on air at about 18:07." */
export function standbyText({ message, expectedAt }: Standby, now: number): string {
  if (expectedAt === null || Date.parse(expectedAt) <= now) return message;
  return `${message} Expected on air at about ${whenText(Date.parse(expectedAt), now)}.`;
}

export interface Way {
  readonly label: string;
  readonly icon: IconName;
  readonly path: string;
  /** Without it, nothing can be done there. */
  readonly needs: Permission;
}

/** Return the page on which it is mended; null where waiting is all there is to do. */
export function wayOut(reason: StandbyReason, slug: string): Way | null {
  switch (reason) {
    case "empty":
      return { label: "Add videos", icon: "add", path: `/studio/playlist/${slug}?add`, needs: "channel:air" };
    case "deleted":
      return { label: "Restore videos", icon: "undo", path: "/studio/library/deleted", needs: "library:edit" };
    case "failed":
      return { label: "Show the failed videos", icon: "library", path: "/studio/library?state=failed", needs: "library:read" };
    case "no_quality":
      return { label: "Channel settings", icon: "settings", path: `/studio/channels/${slug}`, needs: "channel:settings" };
    case "encoding":
      return { label: "Add videos", icon: "add", path: `/studio/playlist/${slug}?add`, needs: "channel:air" };
    case "ready":
      return null;
  }
}

/** What can be done with a video, as lines of a menu. */
import { may } from "../../shared/net/permission.ts";
import type { Channel, Video } from "../../shared/types.ts";
import type { MenuItem } from "../../shared/ui/menu.ts";
import type { Desk } from "./desk.svelte.ts";
import { destination } from "./destination.svelte.ts";
import { isBeingPackaged } from "./words.ts";

/** onrename: begins to rename it where it stands. */
export function deeds(video: Video, desk: Desk, channels: readonly Channel[], onrename: () => void): readonly MenuItem[] {
  const hasOriginal = video.originalBytes > 0;
  const download = { label: "Download the original", icon: "download", isDisabled: !hasOriginal, act: () => void desk.download(video) } as const;
  if (!may("library:edit")) return [...adding([video], desk, channels), download];
  return [
    { label: "Rename", icon: "edit", hint: "F2", act: onrename },
    ...adding([video], desk, channels),
    download,
    isBeingPackaged(video)
      ? { label: "Cancel encoding", icon: "stop", act: () => void desk.cancel(video) }
      : { label: "Encode again", icon: "restart", isDisabled: !hasOriginal, act: () => void desk.repackage(video) },
    { label: "Delete", icon: "remove", hint: "Del", isDangerous: true, act: () => void desk.delete([video]) },
  ];
}

/** A line for each channel whose playlist the videos can join. */
export function adding(videos: readonly Video[], desk: Desk, channels: readonly Channel[]): readonly MenuItem[] {
  return destination.open(channels).map((channel) => ({
    label: `Add to ${channel.title}`,
    icon: "playlist",
    isDisabled: videos.every(({ state, airable }) => state === "failed" && !airable),
    act: () => void desk.addTo(channel, videos),
  }));
}

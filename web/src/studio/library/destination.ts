/** Where files go that come in. Pure. */
import type { Channel } from "../../shared/types.ts";

type Known = Pick<Channel, "slug" | "totalVideos" | "error">;

/**
 * Return the channel whose playlist they join, "" for the library only. wanted: what the person chose, null for
 * nothing: then what comes in is for the only channel there is, for as long as that has nothing to show.
 */
export function destinationOf(channels: readonly Known[], wanted: string | null): string {
  if (wanted === "" || channels.some(({ slug }) => slug === wanted)) return wanted ?? "";
  const [only, another] = channels;
  return only && !another && only.totalVideos === 0 && !only.error ? only.slug : "";
}

/** Say where they go: "the library", "the playlist of Main". */
export function destinationText(channel: Pick<Channel, "title"> | undefined): string {
  return channel ? `the playlist of ${channel.title}` : "the library";
}

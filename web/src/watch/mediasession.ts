import type { Player } from "./player.svelte.ts";
import type { Showing } from "./programme.ts";

/** Tell the system's own controls (lock screen, media keys) what is on and how to pause it. */
export function tellSystem(channel: string, showing: Showing | null, player: Player | null): void {
  const { mediaSession } = navigator;
  if (!mediaSession || !player) return;
  mediaSession.metadata = new MediaMetadata({
    title: showing && !showing.isSlate ? showing.name : channel,
    artist: channel,
    artwork: showing?.poster ? [{ src: showing.poster, type: "image/jpeg" }] : [],
  });
  mediaSession.setActionHandler("play", () => player.play());
  mediaSession.setActionHandler("pause", () => player.pause());
}

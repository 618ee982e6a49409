import type { FeedState } from "./feed.svelte.ts";
import type { PlayerState } from "./player.svelte.ts";

/** What to say in the place of the picture. */
export interface Notice {
  readonly kind: "wait" | "off" | "away";
  readonly title: string;
  readonly text: string;
}

const OFF_TEXT = "Nothing is on this channel just now. Leave the page open: it goes on by itself when the channel starts.";

const NOTICES = {
  loading: { kind: "wait", title: "One moment", text: "The stream is being loaded." },
  off: { kind: "off", title: "Off the air", text: OFF_TEXT },
  ended: { kind: "off", title: "Off the air", text: OFF_TEXT },
  away: {
    kind: "away",
    title: "No connection",
    text: "The server does not answer. The picture comes back by itself as soon as it does.",
  },
  unknown: { kind: "off", title: "No such channel", text: "There is no channel at this address. It may have been deleted." },
  unsupported: {
    kind: "off",
    title: "Not in this browser",
    text: "This browser plays no live streams. The stream's address, under Share, works in players such as VLC.",
  },
} as const satisfies Record<string, Notice>;

interface Condition {
  readonly isStarved: boolean;
  readonly isCutOff: boolean;
}

/** Return what to say, or null while there is a picture. */
export function noticeOf(state: PlayerState, player: Condition | null, feed: FeedState): Notice | null {
  if (state === "playing") return player?.isStarved && player.isCutOff ? NOTICES.away : null;
  if (feed === "unknown") return NOTICES.unknown;
  if (state === "loading" && feed === "away") return NOTICES.away;
  return NOTICES[state];
}

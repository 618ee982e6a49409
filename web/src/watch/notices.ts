import type { FeedState } from "./feed.svelte.ts";
import type { PlayerState } from "./player.svelte.ts";

/** What to say in the place of the picture. */
export interface Notice {
  readonly kind: "wait" | "off" | "away";
  readonly title: string;
  readonly text: string;
}

const OFF_TEXT = "This channel is off air. Keep this page open: it will start by itself.";

const LOADING = { kind: "wait", title: "One moment", text: "Loading the stream." } as const;

const NOTICES = {
  loading: LOADING,
  off: { kind: "off", title: "Off air", text: OFF_TEXT },
  ended: { kind: "off", title: "Off air", text: OFF_TEXT },
  away: {
    kind: "away",
    title: "No connection",
    text: "Cannot reach the server. Playback resumes automatically.",
  },
  barred: LOADING, // the page asks why, and says it
  unknown: { kind: "off", title: "No such channel", text: "No channel here; it may have been deleted." },
  unsupported: {
    kind: "off",
    title: "Not in this browser",
    text: "This browser cannot play live streams. The stream link, under Share, works in players such as VLC.",
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

/** What a channel's badge says: its state, and whether viewers get more than its slate. Pure. */
import type { ChannelState } from "./types.ts";

/** "starting": the slate covers until the next video is ready. "standby": nothing can air, and nobody paused it. */
export type Air = ChannelState | "starting" | "standby";

interface Seen {
  readonly state: ChannelState;
  readonly standby: object | null;
  readonly onAir: { readonly isSlate: boolean } | null;
}

/** Return what an operator is told. */
export function airOf({ state, standby, onAir }: Seen): Air {
  if (state !== "on") return state;
  if (standby) return "standby";
  return onAir && !onAir.isSlate ? "on" : "starting";
}

/** For so long a slate may be a start or a late video: the server's own measure. */
const GRACE_MS = 60_000;

/** Return what a viewer is told, who need not know why. showing: what is seen at `date`; times in ms since 1970. */
export function airSeen(state: ChannelState, showing: { isSlate: boolean; startsAt: number } | null, date: number): Air {
  if (state !== "on" || !showing?.isSlate) return state;
  return date - showing.startsAt < GRACE_MS ? "starting" : "standby";
}

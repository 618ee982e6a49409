import type { PublicChannels } from "../shared/types.ts";
import { Feed } from "./feed.svelte.ts";

/** All channels with what is on. */
export const channelsFeed = (): Feed<PublicChannels> => new Feed("stream/channels.json");

import type { PublicChannel, PublicChannels } from "../shared/types.ts";

export const FIRST = "stream/channels.json";

/** Read so many pages of channels, or all there are, as one. read: asks for the document at a path. */
export async function readPages(
  count: number,
  read: (path: string) => Promise<PublicChannels>,
): Promise<PublicChannels> {
  const first = await read(FIRST);
  const channels = new Map<string, PublicChannel>();
  for (let page = first, number = 1; ; number += 1) {
    for (const channel of page.channels) channels.set(channel.slug, channel);
    if (number === count || page.next === null) return { ...first, channels: [...channels.values()], next: page.next };
    page = await read(`stream/${page.next}`);
  }
}

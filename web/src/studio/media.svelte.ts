/** Pictures and streams, wherever the server gives them to whoever works here. */
import { Admission } from "../shared/net/admission.svelte.ts";
import { answered, ApiError } from "../shared/net/api.ts";
import { Backoff } from "../shared/net/backoff.ts";
import { at } from "../shared/root.ts";
import type { Strip, Video } from "../shared/types.ts";

const FORBIDDEN = 403;
/** A picture can fail for other reasons, too. */
const DOUBT_EVERY_MS = 30_000;

const admission = new Admission(async () => {
  const reply = await answered("GET", "api/playback");
  return reply.status === FORBIDDEN ? null : reply;
});
const backoff = new Backoff();
let doubtedAt = -Infinity;

/** Return the full address of a stream, as the server writes it. Reactive. */
export const streamAt = (path: string): string => admission.at(path);

/** Return the full address of a picture, as the server writes it; null while there is none to be had. Reactive. */
export function mediaAt(path: string | null | undefined): string | null {
  return path && admission.isKnown ? admission.at(path) : null;
}

/** Return a video's thumbnails with their full address, or null. Reactive. */
export function stripOf(video: Video | null | undefined): Strip | null {
  const url = mediaAt(video?.stripUrl);
  return video?.strip && url ? { ...video.strip, url } : null;
}

/** Ask where everything is, until the server says so. */
export async function seekMedia(): Promise<void> {
  try {
    await admission.renew();
    backoff.reset();
  } catch (error) {
    if (error instanceof ApiError && error.isPassing) backoff.retry(() => void seekMedia());
  }
}

/** Something was not where it should be: ask anew, but not for every picture. */
export function doubtMedia(): void {
  if (performance.now() - doubtedAt < DOUBT_EVERY_MS) return;
  doubtedAt = performance.now();
  void seekMedia();
}

/** Notice pictures that do not come, until the returned function is called. */
export function watchPictures(): () => void {
  const media = new RegExp(`^${at("").replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}(t/[^/]+/)?media/`);
  const hear = ({ target }: Event): void => {
    if (target instanceof HTMLImageElement && media.test(target.src)) doubtMedia();
  };
  addEventListener("error", hear, true); // such an error does not bubble
  return () => removeEventListener("error", hear, true);
}

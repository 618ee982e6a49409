/** What is on its way into the library. Pure. */
import type { Video } from "../../shared/types.ts";
import type { Phase } from "./upload.svelte.ts";

/** Something that came in and is no video yet, or was refused: nobody has seen its picture. */
export function isArrival({ state, width }: Video): boolean {
  return state === "uploading" || state === "inspecting" || (state === "failed" && width === 0);
}

/** A resumable upload has less than it is to have; what comes with a form is only counted. */
export function isResumable({ state, sizeBytes, diskUseBytes }: Video): boolean {
  return state === "uploading" && diskUseBytes < sizeBytes;
}

const NOTICES = new Set(["name_cut", "duplicate"]);

/** What whoever sent a file should hear as soon as it is a video: that its name was cut, or that it was here before. */
export function noticesOf({ cautions }: Pick<Video, "cautions">): readonly string[] {
  return cautions.filter(({ code }) => NOTICES.has(code)).map(({ message }) => message);
}

/** How a batch of uploads stands: what was accepted, what was refused or does not go on, and how many there are in all. */
export interface Tally {
  readonly done: number;
  readonly failed: number;
  readonly total: number;
}

/** "3 of 12 uploaded, 1 failed"; "" where there is nothing to say. */
export function tallyText({ done, failed, total }: Tally): string {
  if (total === 0) return "";
  const said = `${done.toLocaleString()} of ${total.toLocaleString()} uploaded`;
  return failed > 0 ? `${said}, ${failed.toLocaleString()} failed` : said;
}

/** What the places for uploads are given to, in order. */
export interface Waiting {
  readonly phase: Phase;
  readonly channel: string;
}

/** How many files are sent at the same time. */
export const SIDE_BY_SIDE = 3;

/**
 * Return which of the queued ones may begin now. Those that are to join a playlist go one after the other, each when
 * the one before has been accepted or refused, so that they join in their order.
 */
export function next<Item extends Waiting>(all: readonly Item[]): readonly Item[] {
  let free = SIDE_BY_SIDE - all.filter(isOnItsWay).length;
  const busy = new Set(all.filter((one) => isOnItsWay(one) || one.phase === "arrived").map(({ channel }) => channel));
  return all.filter((one) => {
    if (one.phase !== "queued" || free <= 0 || (one.channel !== "" && busy.has(one.channel))) return false;
    busy.add(one.channel);
    free -= 1;
    return true;
  });
}

const isOnItsWay = ({ phase }: Waiting): boolean => phase === "sending" || phase === "waiting";

/** Say what is wrong with a file as the rest of an unfinished upload; "" if nothing is. isSame: by name and time. */
export function mismatch(upload: Pick<Video, "name" | "sizeBytes">, file: Pick<File, "name" | "size">, isSame: boolean): string {
  if (file.size !== upload.sizeBytes) return `“${file.name}” is not the same file as “${upload.name}” (different size).`;
  return isSame ? "" : `“${file.name}” is not the same file as “${upload.name}”, or has changed since the upload started.`;
}

/** Notices which uploads still move, so that nobody takes over what another page or program is sending. */
export class Movement {
  #seen = new Map<string, { readonly bytes: number; readonly at: number }>();

  /** Take the present state. now: milliseconds. */
  note(videos: readonly Pick<Video, "id" | "diskUseBytes">[], now: number): void {
    this.#seen = new Map(
      videos.map(({ id, diskUseBytes: bytes }) => {
        const before = this.#seen.get(id);
        const isMoving = before !== undefined && before.bytes !== bytes;
        return [id, { bytes, at: isMoving ? now : (before?.at ?? -Infinity) }];
      }),
    );
  }

  isMoving(id: string, now: number): boolean {
    return now - (this.#seen.get(id)?.at ?? -Infinity) < STILL_MS;
  }
}

const STILL_MS = 10_000;

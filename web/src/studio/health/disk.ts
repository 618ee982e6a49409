/** What a disk is used for, as parts of a bar. Pure. */
import type { Disk } from "./health.ts";

export type Use = "originals" | "packages" | "uploads" | "deleted" | "other" | "free";

export interface Part {
  readonly use: Use;
  readonly words: string;
  readonly bytes: number;
  /** Of the whole disk, from 0 to 1. */
  readonly share: number;
}

/** Return the parts in the order in which they lie on the bar; what is empty and comes seldom is left out. */
export function partsOf(disk: Disk): readonly Part[] {
  const { originalsBytes, packagesBytes, uploadsBytes, deletedBytes, freeBytes, totalBytes } = disk;
  const ours = originalsBytes + packagesBytes + uploadsBytes + deletedBytes;
  const parts: readonly (readonly [Use, string, number])[] = [
    ["originals", "Originals", originalsBytes],
    ["packages", "Encoded videos", packagesBytes],
    ["uploads", "Uploads", uploadsBytes],
    ["deleted", "Bin", deletedBytes],
    ["other", "Everything else", Math.max(0, totalBytes - freeBytes - ours)],
    ["free", "Free", freeBytes],
  ];
  return parts
    .filter(([use, , bytes]) => bytes > 0 || (use !== "uploads" && use !== "deleted"))
    .map(([use, words, bytes]) => ({ use, words, bytes, share: totalBytes > 0 ? Math.min(1, bytes / totalBytes) : 0 }));
}

/** Return how much more may come before uploads are refused; 0 or less: they are refused already. */
export function roomOf({ freeBytes, minFreeBytes }: Disk): number {
  return freeBytes - minFreeBytes;
}

/** How much disk space somebody's videos may take, as people choose it. Pure. */
import { bytesText } from "../../shared/format.ts";

const GIGABYTE = 1e9;
const MOST = 2 ** 53 - 1;

/** As the server keeps it: null: what the settings say; 0: any amount. */
export type Quota = number | null;

/** What is chosen, and what is typed beside it, in GB. */
export interface Choice {
  readonly kind: "default" | "none" | "own";
  readonly amount: string;
}

/** Return the choice that stands for a quota. fallback: of those who have none of their own, 0 for none. */
export function choiceOf(quota: Quota, fallback: number): Choice {
  if (quota === null || (quota === 0 && fallback === 0)) return { kind: "default", amount: "" };
  return quota === 0 ? { kind: "none", amount: "" } : { kind: "own", amount: String(quota / GIGABYTE) };
}

/** Return the quota that was chosen; undefined where the amount is none. */
export function quotaOf({ kind, amount }: Choice): Quota | undefined {
  if (kind !== "own") return kind === "none" ? 0 : null;
  const bytes = Math.round(Number(amount.trim().replace(",", ".")) * GIGABYTE);
  return bytes > 0 && bytes <= MOST ? bytes : undefined;
}

/** "No limit", "50.0 GB". */
export const limitText = (bytes: number): string => (bytes === 0 ? "No limit" : bytesText(bytes));

/** How much somebody's videos take, of how much if there is a limit: "12.3 GB of 50.0 GB", "12.3 GB". */
export const usageText = (usedBytes: number, limit: number): string =>
  limit > 0 ? `${bytesText(usedBytes)} of ${bytesText(limit)}` : bytesText(usedBytes);

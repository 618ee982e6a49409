/** What to do about a sign-in that was refused. Pure. */
import { ApiError, sentenceOf } from "../../shared/net/api.ts";

export type Step = "password" | "code";

export interface Refusal {
  /** Beside what it is said; null: it is about all. */
  readonly place: "name" | Step | null;
  readonly sentence: string;
  /** How long no other attempt is of use. */
  readonly waitMs: number;
}

const PLACES: Readonly<Record<string, Step>> = { wrong_sign_in: "password", code_needed: "code", wrong_code: "code" };
const USUAL_WAIT_S = 30;

export function refusalOf(error: unknown): Refusal {
  const code = error instanceof ApiError ? error.code : "";
  if (code === "code_needed") return { place: "code", sentence: "", waitMs: 0 };
  const isTooSoon = error instanceof ApiError && error.status === 429;
  const waitMs = isTooSoon ? (error.retryAfter || USUAL_WAIT_S) * 1000 : 0;
  return { place: PLACES[code] ?? null, sentence: sentenceOf(error), waitMs };
}

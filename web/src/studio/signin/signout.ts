import { sentenceOf } from "../../shared/net/api.ts";
import { session } from "../../shared/net/session.svelte.ts";
import { toasts } from "../../shared/ui/toasts.svelte.ts";

/** Sign out, or say why that could not be: who leaves must not believe to have left. */
export async function signOutHere(): Promise<void> {
  try {
    await session.end();
  } catch (error) {
    toasts.warn(`You are still signed in. ${sentenceOf(error)}`);
  }
}

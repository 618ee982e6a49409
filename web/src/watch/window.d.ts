import type { Facts } from "./engine.ts";

declare global {
  interface Window {
    /** For browser tests. */
    instaStream?: { readonly facts: Facts };
  }
}

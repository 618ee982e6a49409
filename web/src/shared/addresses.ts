import { root } from "./root.ts";

/**
 * Addresses to give away. Others may reach this server by another one than whoever copies it: the operator can say by
 * which (the setting `public_url`), and 127.0.0.1 is another computer for each of them.
 */
const told = document.documentElement.dataset["public"] ?? "";
const base = told === "" ? root : new URL(told);

/** Return the full address of a path of this server, for others; it may begin with a slash. */
export function forOthers(path: string): string {
  return new URL(path.replace(/^\//, ""), base).href;
}

const isOnlyHere = told === "" && /^(localhost|.+\.localhost|127(\.\d+){3}|0\.0\.0\.0|\[::1?\])\.?$/.test(root.hostname);

/** What to know about these addresses; "" where they work for others, too. */
export const caution = isOnlyHere
  ? `${root.hostname} works on this computer only. Open the Studio by its network address and copy again.`
  : "";

/** To where somebody goes back who came to sign in. */
import { memory } from "../../shared/memory.ts";

/** The viewers' pages: nothing that leads out of this server. */
const PAGE = /^\/(?:watch\/[^/\\?#]+)?$/;

/** Return the path that was asked for if it is one of a page of ours, else that of the Studio. Pure. */
export function wayBack(asked: string | null): string {
  return asked !== null && PAGE.test(asked) ? asked : "/studio";
}

const KEY = "way-back";
const PATIENCE_MS = 10 * 60_000;

/** Where this tab goes when somebody has signed in with another service, which leads back to the Studio only. */
export const errand = {
  begin: (path: string): void => memory.write(KEY, `${Date.now()} ${path}`, "tab"),
  end: (): void => memory.write(KEY, null, "tab"),

  /** Return the path, once; null where nobody has set out, or long ago. */
  take(): string | null {
    const [begun, path] = memory.read(KEY, "tab")?.split(" ") ?? [];
    errand.end();
    return path !== undefined && Date.now() - Number(begun) < PATIENCE_MS ? wayBack(path) : null;
  },
};

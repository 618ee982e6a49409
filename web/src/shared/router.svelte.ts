import { root } from "./root.ts";

/** Paths are written from the installation's root and begin with a slash: "/watch/main". */
class Router {
  #path = $state(currentPath());
  #query = $state.raw(new URLSearchParams(location.search));

  get path(): string {
    return this.#path;
  }

  get query(): URLSearchParams {
    return this.#query;
  }

  /** The path's parts: ["studio", "playlist", "main"]. */
  get parts(): readonly string[] {
    return this.#path.split("/").filter(Boolean).map(decoded);
  }

  /** Return the address for a link, so that it can be opened in a new tab too. */
  href(path: string): string {
    return root.pathname.replace(/\/$/, "") + path;
  }

  go(path: string, how: "push" | "replace" = "push"): void {
    history[how === "push" ? "pushState" : "replaceState"](null, "", this.href(path));
    this.read();
  }

  read(): void {
    this.#path = currentPath();
    this.#query = new URLSearchParams(location.search);
  }
}

/** A malformed part stays as it is: nothing has such a name, and the page says so. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function currentPath(): string {
  const inside = location.pathname.slice(root.pathname.length);
  return `/${inside}`.replace(/(.)\/$/, "$1");
}

export const router = new Router();

const PAGES = /^\/($|watch(\/|$)|studio(\/|$))/;

/** Follow links between our own pages without loading them anew. Call it once. */
export function followLinks(): void {
  addEventListener("popstate", () => router.read());
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element).closest("a");
    if (!link || link.target || link.download || link.origin !== root.origin) return;
    if (!link.pathname.startsWith(root.pathname)) return;
    const path = `/${link.pathname.slice(root.pathname.length)}`;
    if (!PAGES.test(path)) return;
    event.preventDefault();
    router.go(path + link.search);
    scrollTo(0, 0);
  });
}

import { gallery, root } from "./root.ts";
import { Scroll } from "./scroll.ts";

/** What an entry of the browser's history knows of itself. */
interface Entry {
  /** Unlike that of any other entry. */
  readonly key: string;
  /** Where the person came from: the path and query of the entry before; null where that is no page of ours. */
  readonly from: string | null;
  /** How many dialogs lie over the page. */
  readonly layers: number;
}

/** Something over the page, which the way back closes. */
interface Layer {
  readonly depth: number;
  readonly close: () => void;
}

/** Paths begin with a slash, at the installation's root, or in the folder of a link that the page was opened by: "/watch/main". */
class Router {
  #path = $state(currentPath());
  #query = $state.raw(new URLSearchParams(location.search));
  #layers: readonly Layer[] = [];
  /** A step back that was asked for, until the browser has made it: what comes next waits for that. */
  #returning: Promise<unknown> | null = null;
  readonly #scroll = new Scroll(entry().key);

  get path(): string {
    return this.#path;
  }

  get query(): URLSearchParams {
    return this.#query;
  }

  /** The query as it stands in addresses, for places that keep it: "?q=news", or "". */
  get search(): string {
    const query = this.#query.toString();
    return query && `?${query}`;
  }

  /** The path's parts: ["studio", "playlist", "main"]. */
  get parts(): readonly string[] {
    return this.#path.split("/").filter(Boolean).map(decoded);
  }

  /** Return the address for a link, so that it can be opened in a new tab too. */
  href(path: string): string {
    return (STUDIO.test(path) ? root : gallery).pathname.replace(/\/$/, "") + path;
  }

  go(path: string, how: "push" | "replace" = "push"): void {
    this.#inTurn(() => {
      const { key, from, layers } = entry();
      // A dialog that one leaves by a link is gone when one comes back: its step is given to the new place.
      if (how === "push" && layers === 0) this.#push(path, 0);
      else history.replaceState({ key, from, layers: 0 } satisfies Entry, "", this.href(path));
      this.read();
    });
  }

  /** Leave what lies over the page `path` and has an address of its own: back, if the person came from there. */
  back(path: string): void {
    this.#inTurn(() => {
      const { from } = entry();
      if (from === null || pathOf(from) !== path) return this.go(path, "replace");
      this.#step();
      this.#show(from); // the browser takes its time
    });
  }

  /** Keep a word in the address, so that whoever comes back finds the page as it was. */
  keep(name: string, value: string): void {
    const query = new URLSearchParams(this.#query);
    if (value) query.set(name, value);
    else query.delete(name);
    const text = query.toString();
    const address = this.#path + (text && `?${text}`);
    this.#show(address);
    try {
      history.replaceState(entry(), "", this.href(address));
    } catch {
      // Browsers refuse a hundred changes in half a minute: who types so fast loses only the way back.
    }
  }

  /** Let the way back close something. Return what to call when it was closed otherwise. */
  layer(close: () => void): () => void {
    let layer: Layer | null = null;
    this.#inTurn(() => {
      layer = { depth: entry().layers + 1, close };
      this.#layers = [...this.#layers, layer];
      this.#push(this.#path + this.search, layer.depth);
    });
    return () =>
      this.#inTurn(() => {
        if (!layer || !this.#layers.includes(layer)) return;
        this.#layers = this.#layers.filter((one) => one !== layer);
        if (entry().layers === layer.depth) this.#step();
      });
  }

  read(): void {
    this.#show(currentPath() + location.search);
  }

  /** The browser went to another entry. */
  onpopstate(): void {
    const { key, layers } = entry();
    const path = this.#path;
    const closing = this.#layers.filter(({ depth }) => depth > layers);
    this.#layers = this.#layers.filter(({ depth }) => depth <= layers);
    this.read();
    for (const { close } of closing.reverse()) close();
    this.#scroll.enter(key, path !== this.#path);
  }

  #push(path: string, layers: number): void {
    const next: Entry = { key: newKey(), from: this.#path + this.search, layers };
    history.pushState(next, "", this.href(path));
    this.#scroll.enter(next.key, false);
  }

  #step(): void {
    const returning = new Promise((resolve) => addEventListener("popstate", resolve, { once: true }));
    this.#returning = returning;
    void returning.then(() => (this.#returning = null));
    history.back();
  }

  #inTurn(act: () => void): void {
    if (this.#returning) void this.#returning.then(() => this.#inTurn(act));
    else act();
  }

  #show(address: string): void {
    const [path = "", query = ""] = address.split("?");
    this.#path = path;
    if (query !== this.#query.toString()) this.#query = new URLSearchParams(query);
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
  const inside = location.pathname.slice(gallery.pathname.length);
  return `/${inside}`.replace(/(.)\/$/, "$1");
}

const pathOf = (address: string): string => address.split("?")[0] ?? "";

let keys = 0;
const newKey = (): string => `${performance.timeOrigin}-${(keys += 1)}`;

/** What the present entry knows; one that we have not made is given a key. */
function entry(): Entry {
  const known = history.state as Entry | null;
  if (known?.key) return known;
  const made: Entry = { key: newKey(), from: null, layers: 0 };
  history.replaceState(made, "");
  return made;
}

export const router = new Router();

/** No link leads into the Studio: it lies outside of every folder. */
const STUDIO = /^\/studio(\/|$)/;
const PAGES = /^\/($|watch(\/|$)|studio(\/|$))/;

/** Follow links between our own pages without loading them anew, but for those that leave the folder. Call it once. */
export function followLinks(): void {
  addEventListener("popstate", () => router.onpopstate());
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element).closest("a");
    if (!link || link.target || link.download || link.origin !== root.origin) return;
    if (!link.pathname.startsWith(gallery.pathname)) return;
    const path = `/${link.pathname.slice(gallery.pathname.length)}`;
    if (!PAGES.test(path)) return;
    event.preventDefault();
    router.go(path + link.search);
    scrollTo(0, 0);
  });
}

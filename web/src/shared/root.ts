/** Where this installation begins: "https://host/" or, behind a proxy that adds a path, "https://host/tv/". */
const declared = import.meta.env.DEV ? "/" : (document.documentElement.dataset["root"] ?? "./");
export const root = new URL(declared, location.href);

/** The folder of the link that the page was opened by, "t/{token}/"; "" where it was opened without one. */
export const folder = /^t\/[\w.-]+\//.exec(location.pathname.slice(root.pathname.length))?.[0] ?? "";

/** Where the viewers' pages begin: who comes by a link stays in its folder. */
export const gallery = new URL(folder, root);

/** Return the full address of a path of this server; it may begin with a slash, as the server writes them. */
export function at(path: string): string {
  return new URL(path.replace(/^\//, ""), root).href;
}

/** Return the address of a WebSocket of this server. */
export function socketAt(path: string): string {
  return at(path).replace(/^http/, "ws");
}

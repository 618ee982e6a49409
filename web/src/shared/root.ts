/** Where this installation begins: "https://host/" or, behind a proxy that adds a path, "https://host/tv/". */
const declared = import.meta.env.DEV ? "/" : (document.documentElement.dataset["root"] ?? "./");
export const root = new URL(declared, location.href);

/** Return the full address of a path of this server; it may begin with a slash, as the server writes them. */
export function at(path: string): string {
  return new URL(path.replace(/^\//, ""), root).href;
}

/** Return the address of a WebSocket of this server. */
export function socketAt(path: string): string {
  return at(path).replace(/^http/, "ws");
}

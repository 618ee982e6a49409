import { ApiError, AWAY, dataOf, refusalIn, send, STRANGE, type Options } from "./request.ts";
import { session } from "./session.svelte.ts";

export { ApiError } from "./request.ts";

/** Ask the API; return the reply's `data`. Where the server wants to know who asks, the person is asked. Throws ApiError. */
async function ask<Data>(method: string, path: string, options: Options = {}): Promise<Data> {
  return dataOf<Data>(await answered(method, path, options));
}

/** Return the first reply that does not want another token or session. Throws ApiError. */
export async function answered(method: string, path: string, options: Options = {}): Promise<Response> {
  await session.known();
  for (;;) {
    const shown = session.proof;
    const reply = await send(method, path, { ...options, headers: { ...options.headers, ...session.headers } });
    const refusal = await refusalIn(reply);
    if (refusal === null) return reply;
    await session.prove(shown, refusal);
  }
}

export const api = {
  get: <Data>(path: string, signal?: AbortSignal) => ask<Data>("GET", path, signal ? { signal } : {}),
  post: <Data>(path: string, body?: unknown) => ask<Data>("POST", path, { body }),
  put: <Data>(path: string, body?: unknown) => ask<Data>("PUT", path, { body }),
  patch: <Data>(path: string, body?: unknown) => ask<Data>("PATCH", path, { body }),
  delete: <Data>(path: string, options: Omit<Options, "signal"> = {}) => ask<Data>("DELETE", path, options),
};

/** Ask for a file and let the browser save it: a link could show no token. name: where the server gives none. */
export async function save(path: string, name: string): Promise<void> {
  const reply = await answered("GET", path);
  if (!reply.ok) return dataOf(reply);
  saveAs(await reply.blob(), nameIn(reply) ?? name);
}

const nameIn = (reply: Response): string | undefined =>
  /filename="([^"]+)"/.exec(reply.headers.get("content-disposition") ?? "")?.[1];

/** Let the browser save what the page has. */
export function saveAs(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // by then the browser has taken it
}

/** Read what the server tells viewers, such as stream/channels.json: no envelope, no token. Throws ApiError. */
export async function readPublic<Data>(address: string): Promise<Data> {
  let reply: Response;
  try {
    reply = await fetch(address, { signal: AbortSignal.timeout(10_000) });
  } catch {
    throw new ApiError(AWAY, "away", 0);
  }
  return reply.ok ? ((await reply.json()) as Data) : dataOf(reply);
}

/** Return a sentence for the person about anything that was thrown. */
export function sentenceOf(error: unknown): string {
  return error instanceof ApiError ? error.message : STRANGE;
}

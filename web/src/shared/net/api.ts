import { at } from "../root.ts";
import { session } from "./session.svelte.ts";

/** Why a request failed. `message` is a sentence for the person; `code` is the server's, "away" when it is not there. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code: string;
  readonly status: number;

  constructor(message: string, code: string, status: number) {
    super(message);
    this.code = code;
    this.status = status;
  }

  /** Trying again later may help. */
  get isPassing(): boolean {
    return this.code === "away" || this.status >= 500;
  }
}

const AWAY = "Cannot reach the server. Check that it is running and that you are connected.";
const STRANGE = "The server sent an unexpected answer; its log may have details.";

interface Options {
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  /** It is sent even if the page goes meanwhile. */
  readonly keepalive?: boolean;
}

interface Answer<Data> {
  readonly success: boolean;
  readonly message?: string;
  readonly code?: string;
  readonly data?: Data;
}

/** Ask the API; return the reply's `data`. Where the server wants its token, the person is asked. Throws ApiError. */
async function ask<Data>(method: string, path: string, options: Options = {}): Promise<Data> {
  for (;;) {
    const shown = session.token;
    const reply = await send(method, path, options);
    const refusal = await refusalOfToken(reply);
    if (refusal === null) return dataOf<Data>(reply);
    await session.ask(shown, refusal);
  }
}

async function send(method: string, path: string, { body, signal, keepalive = false }: Options = {}): Promise<Response> {
  const headers: Record<string, string> = { accept: "application/json", ...session.headers };
  if (body !== undefined) headers["content-type"] = "application/json";
  const timeout = AbortSignal.timeout(30_000);
  try {
    return await fetch(at(path), {
      method,
      headers,
      keepalive,
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(AWAY, "away", 0);
  }
}

/** Return why the token is refused, "" where it is simply wrong or missing; null where that is not what was said. */
async function refusalOfToken(reply: Response): Promise<string | null> {
  if (reply.status === 401) return "";
  if (reply.status !== 429) return null;
  const answer = (await reply
    .clone()
    .json()
    .catch(() => null)) as Answer<unknown> | null; // a proxy may say it in another form
  return answer?.code === "too_many_tokens" ? (answer.message ?? "") : null;
}

async function dataOf<Data>(reply: Response): Promise<Data> {
  let answer: Answer<Data>;
  try {
    answer = (await reply.json()) as Answer<Data>;
  } catch {
    throw new ApiError(reply.status >= 500 ? AWAY : STRANGE, reply.status >= 500 ? "away" : "strange", reply.status);
  }
  if (!reply.ok) throw new ApiError(answer.message ?? STRANGE, answer.code ?? "strange", reply.status);
  return answer.data as Data;
}

export const api = {
  get: <Data>(path: string, signal?: AbortSignal) => ask<Data>("GET", path, signal ? { signal } : {}),
  post: <Data>(path: string, body?: unknown) => ask<Data>("POST", path, { body }),
  put: <Data>(path: string, body?: unknown) => ask<Data>("PUT", path, { body }),
  patch: <Data>(path: string, body?: unknown) => ask<Data>("PATCH", path, { body }),
  delete: <Data>(path: string, keepalive = false) => ask<Data>("DELETE", path, { keepalive }),
};

/** Ask for a file and let the browser save it: a link could show no token. name: where the server gives none. */
export async function save(path: string, name: string): Promise<void> {
  for (;;) {
    const shown = session.token;
    const reply = await send("GET", path);
    if (reply.ok) return saveAs(await reply.blob(), nameIn(reply) ?? name);
    const refusal = await refusalOfToken(reply);
    if (refusal === null) return dataOf(reply);
    await session.ask(shown, refusal);
  }
}

const nameIn = (reply: Response): string | undefined =>
  /filename="([^"]+)"/.exec(reply.headers.get("content-disposition") ?? "")?.[1];

function saveAs(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // by then the browser has taken it
}

/** Read what the server tells everybody, such as stream/channels.json: no envelope, no token. Throws ApiError. */
export async function readPublic<Data>(path: string): Promise<Data> {
  let reply: Response;
  try {
    reply = await fetch(at(path), { signal: AbortSignal.timeout(10_000) });
  } catch {
    throw new ApiError(AWAY, "away", 0);
  }
  if (!reply.ok) throw new ApiError(reply.status >= 500 ? AWAY : STRANGE, "refused", reply.status);
  return (await reply.json()) as Data;
}

/** Return a sentence for the person about anything that was thrown. */
export function sentenceOf(error: unknown): string {
  return error instanceof ApiError ? error.message : STRANGE;
}

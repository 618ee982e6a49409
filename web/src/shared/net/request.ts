/** One request to the API and what comes of it, whoever is signed in. */
import { at } from "../root.ts";

/** Why a request failed. `message` is a sentence for the person; `code` is the server's, "away" when it is not there. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code: string;
  readonly status: number;
  /** After how many seconds the server wants to be asked again; 0 where it does not say. */
  readonly retryAfter: number;

  constructor(message: string, code: string, status: number, retryAfter = 0) {
    super(message);
    this.code = code;
    this.status = status;
    this.retryAfter = retryAfter;
  }

  /** Trying again later may help. */
  get isPassing(): boolean {
    return this.code === "away" || this.status >= 500;
  }
}

export const AWAY = "Cannot reach the server. Check that it is running and that you are connected.";
export const STRANGE = "The server sent an unexpected answer; its log may have details.";

export interface Options {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
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

/** Throws ApiError where nobody answers, and what `signal` was aborted with. */
export async function send(method: string, path: string, options: Options = {}): Promise<Response> {
  const { body, signal, keepalive = false } = options;
  const headers: Record<string, string> = { accept: "application/json", ...options.headers };
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

/** Return the reply's `data`; undefined for a reply without a body. Throws ApiError. */
export async function dataOf<Data>(reply: Response): Promise<Data> {
  if (reply.status === 204) return undefined as Data;
  let answer: Answer<Data>;
  try {
    answer = (await reply.json()) as Answer<Data>;
  } catch {
    throw new ApiError(reply.status >= 500 ? AWAY : STRANGE, reply.status >= 500 ? "away" : "strange", reply.status);
  }
  if (!reply.ok) throw new ApiError(answer.message ?? STRANGE, answer.code ?? "strange", reply.status, retryAfter(reply));
  return answer.data as Data;
}

const retryAfter = (reply: Response): number => Number(reply.headers.get("retry-after")) || 0;

/**
 * Return why the caller has to show anew who it is, "" where what it showed is simply wrong, over or missing; null
 * where that is not what the server said.
 */
export async function refusalIn(reply: Response): Promise<string | null> {
  if (reply.status !== 401 && reply.status !== 429) return null;
  const answer = (await reply
    .clone()
    .json()
    .catch(() => null)) as Answer<unknown> | null; // a proxy may say it in another form
  const code = answer?.code ?? "";
  if (reply.status === 401) return code === "" || code === "unauthorized" ? "" : null; // others concern a password
  return code === "too_many_tokens" ? (answer?.message ?? "") : null;
}

/** What the server says of who is signed in, and how to come and go. */
import { dataOf, send } from "./request.ts";

export type Role = "viewer" | "operator" | "admin";

export interface Account {
  readonly id: string;
  readonly name: string;
  readonly title: string;
  readonly role: Role;
  /** null: all. */
  readonly channels: readonly string[] | null;
  readonly hasTotp: boolean;
  /** false for who signs in with another service, or has not followed an invitation yet. */
  readonly hasPassword: boolean;
}

export interface SignedIn {
  /** false: the server is open to everybody. */
  readonly signInNeeded: boolean;
  readonly hasAccounts: boolean;
  /** What another service is called that people can sign in with; null for none. */
  readonly singleSignOn: string | null;
  readonly account: Account | null;
  readonly via: "nothing" | "session" | "token";
  readonly permissions: readonly string[];
  /** For which channels the permissions of channels hold; null for all. */
  readonly channels: readonly string[] | null;
  readonly expiresAt: string | null;
}

/** How long a session lasts without being renewed is reckoned by the server's clock, for the browser's may be wrong. */
export interface Standing extends SignedIn {
  readonly lifeMs: number | null;
}

export interface Credentials {
  readonly name: string;
  readonly password: string;
  readonly code?: string;
  readonly remember?: boolean;
}

export interface Invited {
  readonly name: string;
  readonly title: string;
}

/** The answer to an invitation. */
export interface Acceptance {
  readonly secret: string;
  readonly password: string;
}

const PATH = "api/session";

/** Leads to another service to sign in with, and back. */
export const SINGLE_SIGN_ON = `${PATH}/sso`;

type Headers = Readonly<Record<string, string>>;

/** All of them throw ApiError. */
export const door = {
  read: (headers: Headers) => standing("GET", PATH, undefined, headers),
  renew: () => standing("POST", `${PATH}/refresh`),
  enter: (credentials: Credentials) => standing("POST", PATH, credentials),
  accept: (invitation: Acceptance) => standing("PUT", "api/invitation", invitation),
  /** Whom an invitation is for. */
  invited: async (secret: string) => dataOf<Invited>(await send("POST", "api/invitation", { body: { secret } })),
  leave: async (): Promise<void> => dataOf(await send("DELETE", PATH, { keepalive: true })),
};

export type Door = typeof door;

async function standing(method: string, path: string, body?: unknown, headers: Headers = {}): Promise<Standing> {
  const reply = await send(method, path, { headers, ...(body === undefined ? {} : { body }) });
  const data = await dataOf<SignedIn>(reply);
  const now = Date.parse(reply.headers.get("date") ?? "") || Date.now();
  return { ...data, lifeMs: data.expiresAt === null ? null : Date.parse(data.expiresAt) - now };
}

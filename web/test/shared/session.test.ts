import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Door, Standing } from "../../src/shared/net/door.ts";

vi.stubGlobal("addEventListener", () => undefined); // of the session that the module makes for its page
vi.stubGlobal("location", new URL("http://localhost/studio"));
const { ApiError } = await import("../../src/shared/net/request.ts");
const { Session } = await import("../../src/shared/net/session.svelte.ts");

class Store {
  readonly items = new Map<string, string>();
  getItem = (key: string): string | null => this.items.get(key) ?? null;
  setItem = (key: string, value: string): void => void this.items.set(key, value);
  removeItem = (key: string): void => void this.items.delete(key);
}

const NOBODY = { signInNeeded: true, hasAccounts: true, singleSignOn: null, account: null, via: "nothing", permissions: [], channels: [], expiresAt: null, lifeMs: null } as const;
const ANNA = { id: "1", name: "anna", title: "Anna", role: "admin", channels: null, hasTotp: false, hasPassword: true } as const;
const LIFE_MS = 15 * 60_000;

/** A server with accounts, and the cookies of a browser. A refresh token that is used twice ends its session. */
class House {
  isIn = false;
  isOpen = false;
  hasCookies = true;
  account: Standing["account"] = ANNA;
  endsAt = 0;
  renewals = 0;
  isAway = false;
  #isRefreshing = false;
  readonly #said = (): Standing =>
    this.isIn && this.hasCookies && Date.now() < this.endsAt
      ? { ...NOBODY, account: this.account, via: "session", lifeMs: this.endsAt - Date.now() }
      : { ...NOBODY, signInNeeded: !this.isOpen, hasAccounts: !this.isOpen };
  readonly #answered = async (): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    if (this.isAway) throw new ApiError("Away.", "away", 0);
  };

  readonly door: Door = {
    read: async ({ authorization }) => {
      await this.#answered();
      if (authorization) throw new ApiError("Wrong token.", "unauthorized", 401);
      return this.#said();
    },
    renew: async () => {
      if (this.#isRefreshing) this.isIn = false;
      this.#isRefreshing = true;
      await this.#answered().finally(() => (this.#isRefreshing = false));
      if (!this.isIn) throw new ApiError("Sign in.", "signed_out", 401);
      this.renewals += 1;
      this.endsAt = Date.now() + LIFE_MS;
      return this.#said();
    },
    enter: async ({ password }) => {
      await this.#answered();
      if (password !== "right") throw new ApiError("Wrong.", "wrong_sign_in", 401);
      this.isIn = true;
      this.endsAt = Date.now() + LIFE_MS;
      return this.#said();
    },
    accept: async ({ password }) => this.door.enter({ name: "anna", password }),
    invited: async () => ANNA,
    leave: async () => this.#answered().then(() => void (this.isIn = false)),
  };
}

let browser: Store;
let house: House;

beforeEach(() => {
  browser = new Store();
  house = new House();
  vi.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** A page in a tab of the browser; `wake` is what the browser tells it when another tab has stored something. */
function opened(tab: Store): { session: InstanceType<typeof Session>; wake: () => void } {
  const heard: (() => void)[] = [];
  vi.stubGlobal("localStorage", browser);
  vi.stubGlobal("sessionStorage", tab);
  vi.stubGlobal("addEventListener", (_: string, hear: () => void) => heard.push(hear));
  const session = new Session(house.door);
  const wake = (): void => {
    vi.stubGlobal("sessionStorage", tab);
    for (const hear of heard) hear();
  };
  return { session, wake };
}

test.each([true, false])("who signs out does so in all tabs, kept for the browser: %s", (isKept) => {
  const [here, there] = [new Store(), new Store()];
  const second = opened(there);
  second.session.give("secret-token", isKept);
  const first = opened(here);
  first.session.give("secret-token", isKept);
  const told = vi.fn();
  second.session.whenOver(told);

  void first.session.end();
  expect([first.session.token, first.session.headers, first.session.isOver]).toEqual(["", {}, true]);
  second.wake();
  expect([second.session.token, second.session.isOver, told.mock.calls.length]).toEqual(["", true, 1]);
  second.wake();
  expect(told).toHaveBeenCalledOnce();
  for (const store of [browser, here, there]) expect([...store.items.values()].join()).not.toContain("secret");
});

test("a tab that was asleep or closed meanwhile has no token when it comes back", () => {
  const tab = new Store();
  opened(tab).session.give("secret-token", false);
  expect(opened(tab).session.token).toBe("secret-token");
  const other = opened(new Store());
  other.session.give("secret-token", false);
  void other.session.end();
  expect(opened(tab).session.token).toBe("");
});

test("who signs in again stays signed in, over a reload too", () => {
  const tab = new Store();
  const { session } = opened(tab);
  session.give("old-token-of-old", true);
  void session.end();
  const after = opened(tab);
  expect(after.session.token).toBe("");
  after.session.give("new-token", false);
  after.wake();
  expect([after.session.token, after.session.isOver]).toEqual(["new-token", false]);
  expect(opened(tab).session.token).toBe("new-token");
});

test("what else another tab stores ends nothing", () => {
  const { session, wake } = opened(new Store());
  session.give("secret-token", false);
  browser.setItem("insta-stream.theme", "dark");
  wake();
  expect([session.token, session.isOver]).toEqual(["secret-token", false]);
});

const signedIn = async (): Promise<ReturnType<typeof opened>> => {
  const tab = opened(new Store());
  const entering = tab.session.enter({ name: "anna", password: "right" });
  await vi.advanceTimersByTimeAsync(40);
  await entering;
  return tab;
};

test("who is not signed in is asked at once, and whoever waited goes on when the password is right", async () => {
  const { session } = opened(new Store());
  const known = vi.fn();
  void session.known().then(known);
  await vi.advanceTimersByTimeAsync(500);
  expect([session.question, known.mock.calls.length]).toEqual([{ wasWrong: false, isAgain: false, reason: "" }, 0]);

  const wrong = session.enter({ name: "anna", password: "wrong" }).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(20);
  expect(await wrong).toMatchObject({ code: "wrong_sign_in" });
  expect([session.question === null, session.isSignedIn]).toEqual([false, false]);

  void session.enter({ name: "anna", password: "right" });
  await vi.advanceTimersByTimeAsync(40);
  expect([session.question, session.who?.account?.name, known.mock.calls.length]).toEqual([null, "anna", 1]);
});

test("a session is renewed a minute before it ends, by one of many tabs", async () => {
  await signedIn();
  const others = [opened(new Store()), opened(new Store())];
  for (const { session } of others) void session.known();
  await vi.advanceTimersByTimeAsync(LIFE_MS - 61_000);
  expect(house.renewals).toBe(0);
  await vi.advanceTimersByTimeAsync(5000);
  expect([house.renewals, house.isIn]).toEqual([1, true]);
  await vi.advanceTimersByTimeAsync(LIFE_MS);
  expect([house.renewals, house.isIn]).toEqual([2, true]);
});

test("a session that ran out while the server was away is renewed without a question", async () => {
  const { session } = await signedIn();
  house.isAway = true;
  await vi.advanceTimersByTimeAsync(LIFE_MS + 1000);
  house.isAway = false;
  const proven = vi.fn();
  void session.prove(session.proof).then(proven);
  await vi.advanceTimersByTimeAsync(1000);
  expect([session.question, proven.mock.calls.length, house.isIn]).toEqual([null, 1, true]);
});

test("a session that was ended elsewhere is asked for", async () => {
  const { session } = await signedIn();
  house.isIn = false;
  void session.prove(session.proof);
  await vi.advanceTimersByTimeAsync(1000);
  expect(session.question).not.toBeNull();
});

test("who cannot be signed out at the server is not told to be", async () => {
  const { session } = await signedIn();
  house.isAway = true;
  const ending = session.end().catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(20);
  expect(await ending).toMatchObject({ code: "away" });
  expect([session.isOver, session.isSignedIn]).toEqual([false, true]);
});

test("a tab that asks goes on when somebody signs in in another one", async () => {
  const asking = opened(new Store());
  void asking.session.known();
  await vi.advanceTimersByTimeAsync(500);
  expect(asking.session.question).not.toBeNull();
  await signedIn();
  asking.wake();
  await vi.advanceTimersByTimeAsync(20);
  expect([asking.session.question, asking.session.isSignedIn]).toEqual([null, true]);
});

test("what is refused with a session that was renewed a moment ago is a question, and not renewed for ever", async () => {
  const { session } = await signedIn();
  const isRefused = async (): Promise<void> => {
    for (let attempt = 0; attempt < 20; attempt++) await session.prove(session.proof);
  };
  void isRefused();
  await vi.advanceTimersByTimeAsync(2000);
  expect(session.question).not.toBeNull();
});

test("a session whose rights were changed is renewed before anybody is asked, and asked for if it was ended", async () => {
  const { session } = await signedIn();
  house.endsAt = 0; // what was issued before the change is void
  void session.reread();
  await vi.advanceTimersByTimeAsync(1000);
  expect([session.question, house.renewals]).toEqual([null, 1]);

  house.isIn = false;
  void session.reread();
  await vi.advanceTimersByTimeAsync(1000);
  expect(session.question).not.toBeNull();
});

test("a server that was open to all and has accounts now asks for a name and a password", async () => {
  house.isOpen = true;
  const { session } = opened(new Store());
  void session.known();
  await vi.advanceTimersByTimeAsync(20);
  expect([session.question, session.who?.hasAccounts]).toEqual([null, false]);
  house.isOpen = false;
  void session.prove(session.proof);
  await vi.advanceTimersByTimeAsync(20);
  expect([session.question === null, session.who?.hasAccounts]).toEqual([false, true]);
});

test("a proxy that refuses what the server does not is a question, and not asked for ever", async () => {
  house.isOpen = true;
  const { session } = opened(new Store());
  void session.known();
  await vi.advanceTimersByTimeAsync(20);
  void session.prove(session.proof);
  await vi.advanceTimersByTimeAsync(20);
  expect(session.question).not.toBeNull();
});

test("who kept a token that was revoked may sign in to an account", async () => {
  browser.setItem("insta-stream.token", "revoked-token");
  const { session } = opened(new Store());
  void session.known();
  await vi.advanceTimersByTimeAsync(500);
  expect([session.question?.wasWrong, session.who?.hasAccounts]).toEqual([true, true]);
});

test("who signs in after somebody else finds nothing of that one's", async () => {
  const { session } = await signedIn();
  house.isIn = false;
  void session.prove(session.proof);
  await vi.advanceTimersByTimeAsync(1000);
  house.account = { ...ANNA, id: "2", name: "ben" };
  void session.enter({ name: "ben", password: "right" });
  await vi.advanceTimersByTimeAsync(40);
  expect(session.isOver).toBe(true);
});

test("a browser that keeps no cookies is told so, instead of being asked again and again", async () => {
  house.hasCookies = false;
  const { session } = opened(new Store());
  const entering = session.enter({ name: "anna", password: "right" }).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(40);
  expect(await entering).toMatchObject({ code: "no_cookies" });
  expect(session.isSignedIn).toBe(false);
});

test("who came by way of another service stays signed in as long as who gave a password", async () => {
  [house.isIn, house.endsAt] = [true, Date.now() + LIFE_MS];
  const known = opened(new Store()).session.known();
  await vi.advanceTimersByTimeAsync(40);
  await known;
  vi.clearAllTimers();
  vi.setSystemTime(house.endsAt + 1000); // the browser was closed meanwhile
  const { session } = opened(new Store());
  const again = session.known();
  await vi.advanceTimersByTimeAsync(100);
  await again;
  expect([session.who?.via, session.question, house.renewals]).toEqual(["session", null, 1]);
});

test("a page that asks nobody is let in with a session that can be renewed, and by nothing else", async () => {
  const stranger = opened(new Store());
  const found = stranger.session.found();
  await vi.runAllTimersAsync();
  expect([await found, stranger.session.question]).toEqual([false, null]);

  house.isIn = true; // and its session has to be renewed
  browser.setItem("insta-stream.signed-in", "1");
  const known = opened(new Store());
  const again = known.session.found();
  await vi.advanceTimersByTimeAsync(1000);
  expect([await again, house.renewals, known.session.question]).toEqual([true, 1, null]);
});

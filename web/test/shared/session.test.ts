import { afterEach, beforeEach, expect, test, vi } from "vitest";

vi.stubGlobal("addEventListener", () => undefined); // of the session that the module makes for its page
const { Session } = await import("../../src/shared/net/session.svelte.ts");

class Store {
  readonly items = new Map<string, string>();
  getItem = (key: string): string | null => this.items.get(key) ?? null;
  setItem = (key: string, value: string): void => void this.items.set(key, value);
  removeItem = (key: string): void => void this.items.delete(key);
}

let browser: Store;

beforeEach(() => {
  browser = new Store();
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
  const session = new Session();
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

  first.session.end();
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
  other.session.end();
  expect(opened(tab).session.token).toBe("");
});

test("who signs in again stays signed in, over a reload too", () => {
  const tab = new Store();
  const { session } = opened(tab);
  session.give("old-token-of-old", true);
  session.end();
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

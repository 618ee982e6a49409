import { expect, test, vi } from "vitest";
import type { SignedIn } from "../../src/shared/net/door.ts";

vi.stubGlobal("addEventListener", () => undefined);
vi.stubGlobal("location", new URL("http://localhost/studio"));
const { allows, mayLinkTv } = await import("../../src/shared/net/permission.ts");

const one = (permissions: readonly string[], channels: readonly string[] | null): SignedIn => ({
  signInNeeded: true,
  hasAccounts: true,
  singleSignOn: null,
  account: null,
  via: "session",
  permissions,
  channels,
  expiresAt: null,
});

test("what holds for some channels holds for no other, and what is the server's for all", () => {
  const operator = one(["channel:air", "library:read"], ["main"]);
  expect(allows(operator, "channel:air", "main")).toBe(true);
  expect(allows(operator, "channel:air", "news")).toBe(false);
  expect(allows(operator, "channel:air")).toBe(true);
  expect(allows(operator, "library:read")).toBe(true);
  expect(allows(operator, "people:manage")).toBe(false);
  expect(allows(one(["channel:air"], []), "channel:air")).toBe(false);
  expect(allows(one(["channel:air"], null), "channel:air", "news")).toBe(true);
});

test("addresses that list all channels are for who may see all", () => {
  expect(mayLinkTv(one(["server:read"], null))).toBe(true);
  expect(mayLinkTv(one(["server:read"], ["main"]))).toBe(false);
  expect(mayLinkTv(one(["channel:view"], null))).toBe(false);
});

test("nothing is allowed before the server has said so", () => {
  expect(allows(null, "channel:view")).toBe(false);
});

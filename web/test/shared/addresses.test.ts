import { afterEach, beforeEach, expect, test, vi } from "vitest";

beforeEach(() => vi.resetModules());
afterEach(() => vi.unstubAllGlobals());

/** What a page gives away. told: the public address in it. */
function openedAt(href: string, told = ""): Promise<typeof import("../../src/shared/addresses.ts")> {
  vi.stubGlobal("location", new URL(href));
  vi.stubGlobal("document", { documentElement: { dataset: { public: told } } });
  return import("../../src/shared/addresses.ts");
}

test.each([
  ["http://192.0.2.7:3000/studio", "", "http://192.0.2.7:3000/watch/main"],
  ["http://127.0.0.1:3000/studio", "https://tv.example.org/", "https://tv.example.org/watch/main"],
  ["http://127.0.0.1:3000/studio", "https://tv.example.org/insta/", "https://tv.example.org/insta/watch/main"],
])("opened at %s, told %o", async (href, told, address) => {
  const { caution, forOthers } = await openedAt(href, told);
  expect([forOthers("watch/main"), forOthers("/watch/main")]).toEqual([address, address]);
  expect(caution).toBe("");
});

test.each([
  ["127.0.0.1", "127.0.0.1"],
  ["127.8.0.1", "127.8.0.1"],
  ["127.1", "127.0.0.1"],
  ["localhost", "localhost"],
  ["LOCALHOST.", "localhost."],
  ["tv.localhost", "tv.localhost"],
  ["[::1]", "[::1]"],
  ["0.0.0.0", "0.0.0.0"],
])("%s is this computer for everybody", async (host, said) => {
  const { caution } = await openedAt(`http://${host}:3000/studio`);
  expect(caution).toBe(`${said} works on this computer only. Open the Studio by its network address and copy again.`);
});

test.each(["nas", "tv.example.org", "127.example.org", "localhost.example.org", "notlocalhost", "[2001:db8::1]", "10.0.0.1"])(
  "%s reaches it from elsewhere, too",
  async (host) => expect((await openedAt(`http://${host}:3000/`)).caution).toBe(""),
);

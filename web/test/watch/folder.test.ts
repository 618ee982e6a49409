import { afterEach, beforeEach, expect, test, vi } from "vitest";

/** What the server answers, by path; what is not there is refused as a server does that protects some channel. */
let answers: Record<string, () => Response>;
let asked: string[];

const HOUR_MS = 3_600_000;
const NOW = { now: 1 };
const said = (data: unknown): Response => Response.json({ success: true, message: "", data });
const refused = (status: number, code: string): Response => Response.json({ success: false, message: code, code }, { status });
const lent = (token: string): Response =>
  said({ folder: `/t/${token}`, expiresAt: new Date(Date.now() + 12 * HOUR_MS).toISOString() });
const standing = (via: string, signInNeeded = true): Response =>
  said({ signInNeeded, hasAccounts: true, singleSignOn: null, account: null, via, permissions: [], channels: [], expiresAt: null });

beforeEach(() => {
  answers = { "/api/session": () => standing("nothing") };
  asked = [];
  vi.resetModules();
  vi.useFakeTimers({ now: 1_000_000 });
  vi.stubGlobal("addEventListener", () => undefined);
  vi.stubGlobal("fetch", async (address: string) => {
    const path = new URL(address).pathname;
    asked.push(path);
    return answers[path]?.() ?? refused(404, "not_public");
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function openedAt(path: string, remembered: Record<string, string> = {}) {
  vi.stubGlobal("location", new URL(path, "https://tv.example"));
  const items = new Map(Object.entries(remembered).map(([key, value]) => [`insta-stream.${key}`, value]));
  vi.stubGlobal("localStorage", { getItem: (key: string) => items.get(key) ?? null, setItem: () => undefined, removeItem: () => undefined });
  return (await import("../../src/watch/folder.svelte.ts")).folder;
}

test("a public channel is asked for and nothing else", async () => {
  const folder = await openedAt("/watch/main");
  answers["/stream/main/now.json"] = () => Response.json(NOW);
  await folder.enter();
  expect(await folder.read("stream/main/now.json")).toEqual(NOW);
  expect(asked).toEqual(["/stream/main/now.json"]);
});

test("who comes by a link stays in its folder, and nobody asks who that is", async () => {
  const folder = await openedAt("/t/a.b/watch/main", { token: "secret" });
  await folder.enter();
  answers["/t/a.b/stream/main/now.json"] = () => Response.json(NOW);
  expect(await folder.read("stream/main/now.json")).toEqual(NOW);
  answers["/t/a.b/stream/main/now.json"] = () => refused(403, "link_over");
  await expect(folder.read("stream/main/now.json")).rejects.toMatchObject({ code: "link_over", status: 403 });
  expect(new Set(asked)).toEqual(new Set(["/t/a.b/stream/main/now.json"]));
});

test("who is signed in is let in where the server shows a channel to some people only", async () => {
  const folder = await openedAt("/watch/news");
  answers["/api/session"] = () => standing("session");
  answers["/api/playback"] = () => lent("first");
  answers["/t/first/stream/news/now.json"] = () => Response.json(NOW);
  expect(await folder.read("stream/news/now.json")).toEqual(NOW);
  expect([folder.isVisited, folder.base]).toEqual([true, "https://tv.example/t/first/"]);
  expect(asked).toEqual(["/stream/news/now.json", "/api/session", "/api/playback", "/t/first/stream/news/now.json"]);
});

test("a server that asks nobody to sign in lets everybody in", async () => {
  const folder = await openedAt("/watch/news");
  answers["/api/session"] = () => standing("nothing", false);
  answers["/api/playback"] = () => lent("all");
  answers["/t/all/stream/news/now.json"] = () => Response.json(NOW);
  expect(await folder.read("stream/news/now.json")).toEqual(NOW);
});

test("a stranger is refused, and is asked for no more than once", async () => {
  const folder = await openedAt("/watch/news");
  for (let time = 0; time < 3; time += 1) {
    await expect(folder.read("stream/news/now.json")).rejects.toMatchObject({ code: "not_public" });
  }
  expect(asked.filter((path) => path === "/api/session")).toHaveLength(1);
  expect([folder.isVisited, asked.includes("/api/playback")]).toEqual([false, false]);
});

test("the folder is renewed when half of its time is over, and when it is over", async () => {
  const folder = await openedAt("/watch/news");
  answers["/api/session"] = () => standing("session");
  answers["/api/playback"] = () => lent("first");
  for (const name of ["first", "second", "third"]) answers[`/t/${name}/stream/news/now.json`] = () => Response.json(NOW);
  await folder.read("stream/news/now.json");
  answers["/api/playback"] = () => lent("second");
  await vi.advanceTimersByTimeAsync(6 * HOUR_MS - 1000);
  expect(folder.base).toContain("/first/");
  await vi.advanceTimersByTimeAsync(1000);
  expect(folder.base).toContain("/second/");
  answers["/api/playback"] = () => lent("third");
  answers["/t/second/stream/news/now.json"] = () => refused(403, "link_over"); // as after a night asleep
  expect(await folder.read("stream/news/now.json")).toEqual(NOW);
  expect(folder.base).toContain("/third/");
});

test("whose session has ended keeps what everybody may watch", async () => {
  const folder = await openedAt("/watch/news");
  answers["/api/session"] = () => standing("session");
  answers["/api/playback"] = () => lent("first");
  answers["/t/first/stream/news/now.json"] = () => Response.json(NOW);
  await folder.read("stream/news/now.json");
  answers["/api/session"] = () => standing("nothing");
  answers["/t/first/stream/news/now.json"] = () => refused(403, "link_over");
  await expect(folder.read("stream/news/now.json")).rejects.toMatchObject({ code: "not_public" });
  expect([folder.isVisited, folder.base]).toEqual([false, "https://tv.example/"]);
  answers["/stream/main/now.json"] = () => Response.json(NOW);
  expect(await folder.read("stream/main/now.json")).toEqual(NOW);
});

test("the list of channels has all of them for whoever has signed in here", async () => {
  const folder = await openedAt("/", { token: "secret" });
  answers["/api/session"] = () => standing("token");
  answers["/api/playback"] = () => lent("all");
  answers["/t/all/stream/channels.json"] = () => Response.json(NOW);
  await folder.enter();
  expect(await folder.read("stream/channels.json")).toEqual(NOW);
  expect(asked).toEqual(["/api/session", "/api/playback", "/t/all/stream/channels.json"]);
});

test("a session that is over is not looked for again and again", async () => {
  const folder = await openedAt("/", { "signed-in": "1" });
  answers["/api/session/refresh"] = () => refused(401, "signed_out");
  answers["/stream/channels.json"] = () => Response.json(NOW);
  for (let time = 0; time < 3; time += 1) {
    const entering = folder.enter();
    await vi.advanceTimersByTimeAsync(1000); // tabs take turns
    await entering;
    expect(await folder.read("stream/channels.json")).toEqual(NOW);
  }
  expect(asked.filter((path) => path === "/api/session/refresh")).toHaveLength(1);
});

test("who may see no channel is told of the public ones", async () => {
  const folder = await openedAt("/", { "signed-in": "1" });
  answers["/api/session"] = () => standing("session");
  answers["/api/playback"] = () => refused(403, "forbidden");
  answers["/stream/channels.json"] = () => Response.json(NOW);
  await folder.enter();
  expect(await folder.read("stream/channels.json")).toEqual(NOW);
});

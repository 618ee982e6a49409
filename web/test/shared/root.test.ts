import { afterEach, beforeEach, expect, test, vi } from "vitest";

beforeEach(() => vi.resetModules());
afterEach(() => vi.unstubAllGlobals());

/** What a page knows of where it is. toRoot: as the server tells it. */
function openedAt(path: string, toRoot: string): Promise<typeof import("../../src/shared/root.ts")> {
  vi.stubEnv("DEV", false);
  vi.stubGlobal("location", new URL(path, "https://tv.example"));
  vi.stubGlobal("document", { documentElement: { dataset: { root: toRoot } } });
  return import("../../src/shared/root.ts");
}

test.each([
  ["/watch/main", "../", "/", "", "/"],
  ["/", "./", "/", "", "/"],
  ["/t/a.B-c_d/watch/main", "../../../", "/", "t/a.B-c_d/", "/t/a.B-c_d/"],
  ["/t/a.b/", "../../", "/", "t/a.b/", "/t/a.b/"],
  ["/tv/t/a.b/embed/main", "../../../", "/tv/", "t/a.b/", "/tv/t/a.b/"],
  ["/tv/watch/t", "../", "/tv/", "", "/tv/"],
  ["/t/watch/main", "../", "/t/", "", "/t/"],
])("%s", async (path, toRoot, root, folder, gallery) => {
  const here = await openedAt(path, toRoot);
  expect([here.root.pathname, here.folder, here.gallery.pathname]).toEqual([root, folder, gallery]);
});

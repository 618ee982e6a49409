import { expect, test } from "vitest";
import { offerOf } from "../../src/shared/share.ts";

test("a public channel is given away by its plain addresses, one by link in its folder", () => {
  expect(offerOf("main")).toEqual({ page: "/watch/main", embed: "/embed/main", stream: "/stream/main/stream.m3u8" });
  expect(offerOf("main", { folder: "/t/a.b" })).toEqual({
    page: "/t/a.b/watch/main",
    embed: "/t/a.b/embed/main",
    stream: "/t/a.b/stream/main/stream.m3u8",
  });
});

test("what would not work is not offered", () => {
  expect(offerOf("main", { folder: "/t/a.b", isForPages: true })).toMatchObject({ page: null, stream: null });
  expect(offerOf("main", { isForPeople: true })).toEqual({ page: "/watch/main", embed: null, stream: null });
});

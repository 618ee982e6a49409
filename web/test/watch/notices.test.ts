import { expect, test } from "vitest";
import { noticeOf } from "../../src/watch/notices.ts";

const fine = { isStarved: false, isCutOff: false };

test("a picture needs no words, also while it only loads slowly or the network fails for a moment", () => {
  expect(noticeOf("playing", fine, "here")).toBeNull();
  expect(noticeOf("playing", { isStarved: true, isCutOff: false }, "here")).toBeNull();
  expect(noticeOf("playing", { isStarved: false, isCutOff: true }, "away")).toBeNull();
});

test("when the picture stops for want of the server, that is said", () => {
  expect(noticeOf("playing", { isStarved: true, isCutOff: true }, "here")?.title).toBe("No connection");
  expect(noticeOf("loading", null, "away")?.title).toBe("No connection");
});

test("off air is told apart from an address that has no channel", () => {
  expect(noticeOf("off", fine, "here")?.title).toBe("Off air");
  expect(noticeOf("loading", null, "unknown")?.title).toBe("No such channel");
});

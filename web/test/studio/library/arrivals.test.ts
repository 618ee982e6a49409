import { expect, test } from "vitest";
import { Movement, isArrival, isResumable, mismatch, next, noticesOf, tallyText, type Waiting } from "../../../src/studio/library/arrivals.ts";
import { video } from "./videos.ts";

const at = (phase: Waiting["phase"], channel = ""): Waiting => ({ phase, channel });

test("what was refused is no video, what could not be packaged is one", () => {
  expect(isArrival(video({ state: "uploading" }))).toBe(true);
  expect(isArrival(video({ state: "failed", width: 0 }))).toBe(true);
  expect(isArrival(video({ state: "failed" }))).toBe(false);
  expect(isArrival(video())).toBe(false);
});

test("only what lacks bytes can go on", () => {
  expect(isResumable(video({ state: "uploading", diskUseBytes: 999 }))).toBe(true);
  expect(isResumable(video({ state: "uploading", diskUseBytes: 1000 }))).toBe(false);
  expect(isResumable(video({ diskUseBytes: 0 }))).toBe(false);
});

test("three files are sent side by side, in their order", () => {
  const all = [at("paused"), at("queued"), at("sending"), at("queued"), at("queued")];
  expect(next(all)).toEqual([all[1], all[3]]);
  expect(next([at("waiting"), at("sending"), at("sending"), at("queued")])).toEqual([]);
});

test("files for a playlist go one after the other, each when the one before is accepted", () => {
  const queued = [at("queued", "main"), at("queued", "main"), at("queued", "kids"), at("queued")];
  expect(next(queued)).toEqual([queued[0], queued[2], queued[3]]);
  expect(next([at("arrived", "main"), at("queued", "main")])).toEqual([]);
  expect(next([at("stopped", "main"), at("queued", "main")])).toHaveLength(1);
});

test("another file is not taken for the rest of an upload", () => {
  const film = video();
  expect(mismatch(film, { name: "A film.mp4", size: 1000 }, true)).toBe("");
  expect(mismatch(film, { name: "b.mp4", size: 999 }, true)).toContain("different size");
  expect(mismatch(film, { name: "A film.mp4", size: 1000 }, false)).toContain("has changed");
});

test("what grows is being sent by somebody, until it stands still for a while", () => {
  const movement = new Movement();
  movement.note([{ id: "one", diskUseBytes: 5 }], 0);
  expect(movement.isMoving("one", 0)).toBe(false);
  movement.note([{ id: "one", diskUseBytes: 6 }], 1000);
  movement.note([{ id: "one", diskUseBytes: 6 }], 2000);
  expect(movement.isMoving("one", 10_000)).toBe(true);
  expect(movement.isMoving("one", 12_000)).toBe(false);
});

test("whoever sent a file hears what became of it, and not what is in it", () => {
  const cautions = [
    { code: "duplicate", message: "You already had this file, as “B”." },
    { code: "hdr", message: "Its picture is HDR." },
    { code: "name_cut", message: "Its name was cut." },
  ];
  expect(noticesOf(video({ cautions }))).toEqual(["You already had this file, as “B”.", "Its name was cut."]);
  expect(noticesOf(video({}))).toEqual([]);
});

test("a batch counts its files", () => {
  expect(tallyText({ done: 0, failed: 0, total: 0 })).toBe("");
  expect(tallyText({ done: 3, failed: 0, total: 12 })).toBe("3 of 12 uploaded");
  expect(tallyText({ done: 3, failed: 1, total: 1200 })).toBe("3 of 1,200 uploaded, 1 failed");
});

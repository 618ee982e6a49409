import { expect, test } from "vitest";
import {
  changedElsewhere,
  changesOf,
  edited,
  isContested,
  type Edits,
  type Settings,
} from "../../../src/studio/channels/settings.ts";

const before: Settings = { title: "Kids", rungs: ["720p", "240p"], windowSeconds: 300, slate: null, playback: "public" };
const none: Edits = {};

test("only what differs is sent", () => {
  const edits = edited(edited(none, before, "title", "Family"), before, "rungs", ["720p", "240p"]);
  expect(changesOf(edits, before)).toEqual({ title: "Family" });
  expect(changesOf(edited(none, before, "slate", "v"), before)).toEqual({ slate: "v" });
});

test("what is put back is not touched", () => {
  const edits = edited(none, before, "title", "Kid");
  expect(edited(edits, before, "title", "Kids")).toEqual({});
});

test("somebody else changes the same field to something else", () => {
  const edits = edited(none, before, "title", "Family");
  const theirs = { ...before, title: "Children" };
  expect(isContested(edits, before, "title")).toBe(false);
  expect(isContested(edits, theirs, "title")).toBe(true);
  expect(changesOf(edits, theirs)).toEqual({ title: "Family" });
  expect(isContested(edits, { ...before, title: "Family" }, "title")).toBe(false);
  // One who goes on typing does not lose sight of it.
  expect(isContested(edited(edits, theirs, "title", "Families"), theirs, "title")).toBe(true);
});

test("somebody else changes another field", () => {
  const edits = edited(none, before, "title", "Family");
  const theirs = { ...before, windowSeconds: 60 };
  expect(changedElsewhere(before, edits, theirs)).toEqual(["windowSeconds"]);
  expect(changesOf(edits, theirs)).toEqual({ title: "Family" });
});

import { expect, test } from "vitest";
import { beside } from "../../src/shared/ui/placement.ts";

const ROOM = { width: 320, height: 200 };
const WORDS = { width: 100, height: 30 };
const control = (left: number, top: number) => ({ left, top, right: left + 40, bottom: top + 40 });

test("words stand beside their control, on the side that was wished", () => {
  expect(beside(control(140, 80), WORDS, ROOM, "above", "center")).toEqual({ left: 110, top: 44 });
  expect(beside(control(140, 80), WORDS, ROOM, "below", "start")).toEqual({ left: 140, top: 126 });
  expect(beside(control(140, 80), WORDS, ROOM, "below", "end")).toEqual({ left: 80, top: 126 });
});

test("where a side has no room, the other one is taken", () => {
  expect(beside(control(140, 4), WORDS, ROOM, "above", "center").top).toBe(50);
  expect(beside(control(140, 156), WORDS, ROOM, "below", "center").top).toBe(120);
});

test("nothing leaves the window, and what is too large for it begins inside", () => {
  expect(beside(control(0, 80), WORDS, ROOM, "above", "center").left).toBe(6);
  expect(beside(control(280, 80), WORDS, ROOM, "above", "start").left).toBe(214);
  expect(beside(control(140, 80), { width: 400, height: 180 }, ROOM, "below", "end")).toEqual({ left: 6, top: 14 });
  expect(beside(control(140, 80), { width: 100, height: 300 }, ROOM, "below", "end").top).toBe(6);
});

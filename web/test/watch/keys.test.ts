import { expect, test } from "vitest";
import { commandOf, keyOf, SHORTCUTS } from "../../src/watch/keys.ts";

const press = (key: string, more = {}) => ({ key, ctrlKey: false, metaKey: false, altKey: false, ...more });

test("every key means one thing", () => {
  const keys = SHORTCUTS.flatMap((shortcut) => shortcut.keys);
  expect(new Set(keys).size).toBe(keys.length);
});

test("keys mean the same in capitals, and nothing together with Ctrl, Meta or Alt", () => {
  expect(commandOf(press("K"), "other")).toBe("toggle");
  expect(commandOf(press("f", { ctrlKey: true }), "other")).toBeNull();
  expect(commandOf(press("l", { metaKey: true }), "other")).toBeNull();
});

test("what has the focus keeps the keys that it needs", () => {
  expect(commandOf(press("m"), "text")).toBeNull();
  expect(commandOf(press(" "), "button")).toBeNull();
  expect(commandOf(press(" "), "other")).toBe("toggle");
  expect(commandOf(press("ArrowLeft"), "slider")).toBeNull();
  expect(commandOf(press("ArrowLeft"), "button")).toBe("back");
  expect(commandOf(press("m"), "slider")).toBe("mute");
});

test("keys are written as on the keyboard", () => {
  expect([keyOf("toggle"), keyOf("back"), keyOf("help")]).toEqual(["K", "←", "?"]);
});

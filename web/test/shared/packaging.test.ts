import { expect, test } from "vitest";
import { leftText, paceText, stepText } from "../../src/shared/packaging.ts";

const progress = { step: "ladder", percent: 40, fps: 118.4, speed: 4.72, etaSeconds: 130 };

test("packaging is told in words", () => {
  expect(stepText(progress)).toBe("Encoding the remaining qualities");
  expect(stepText({ ...progress, step: "new" })).toBe("Encoding");
  expect(paceText(progress)).toBe("118 fps, 4.7×");
  expect(paceText({ ...progress, fps: 0, speed: 0 })).toBe("");
});

test("the time left is as exact as it deserves", () => {
  expect(leftText(null)).toBe("");
  expect(leftText(1)).toBe("almost done");
  expect(leftText(17.2)).toBe("0:18 left");
  expect(leftText(41)).toBe("0:45 left");
  expect(leftText(130)).toBe("3:00 left");
});

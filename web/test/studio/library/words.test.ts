import { expect, test } from "vitest";
import { codecsText, frameRateText, isBeingPackaged } from "../../../src/studio/library/words.ts";

const progress = { step: "ladder", percent: 40, fps: 118.4, speed: 4.72, etaSeconds: 130 };

test("codecs have their usual names", () => {
  expect(codecsText({ videoCodec: "h264", audioCodec: "aac" })).toBe("H.264 and AAC");
  expect(codecsText({ videoCodec: "hevc", audioCodec: "" })).toBe("H.265, no sound");
  expect(codecsText({ videoCodec: "rawvideo", audioCodec: "pcm_s16le" })).toBe("rawvideo and PCM");
});

test("a video that is packaged anew stays ready meanwhile", () => {
  expect(isBeingPackaged({ state: "ready", progress })).toBe(true);
  expect(isBeingPackaged({ state: "ready", progress: { ...progress, step: "" } })).toBe(false);
  expect(isBeingPackaged({ state: "packaging", progress: { ...progress, step: "" } })).toBe(true);
});

test("frame rates are numbers", () => {
  expect(frameRateText("30000/1001")).toBe("29.97 fps");
  expect(frameRateText("25")).toBe("25 fps");
});

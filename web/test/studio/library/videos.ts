import type { Video } from "../../../src/shared/types.ts";

/** A video for tests. */
export function video(changes: Partial<Video> = {}): Video {
  return {
    id: "one",
    name: "A film.mp4",
    duration: 60,
    state: "ready",
    progress: { step: "", percent: 100, fps: 0, speed: 0, etaSeconds: null },
    airable: true,
    airableAt: null,
    sizeBytes: 1000,
    diskUseBytes: 3000,
    originalBytes: 1000,
    addedAt: "2026-11-22T20:00:00.000Z",
    cautions: [],
    error: "",
    posterUrl: null,
    stripUrl: null,
    strip: null,
    previewUrl: null,
    width: 640,
    height: 360,
    frameRate: "25",
    videoCodec: "h264",
    audioCodec: "aac",
    owner: null,
    ...changes,
  };
}

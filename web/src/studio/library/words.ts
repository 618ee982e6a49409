/** What is known of a video, in the words of people. Pure. */
import type { Video } from "../../shared/types.ts";

const CODECS: Readonly<Record<string, string>> = {
  h264: "H.264",
  hevc: "H.265",
  av1: "AV1",
  vp8: "VP8",
  vp9: "VP9",
  mpeg1video: "MPEG-1",
  mpeg2video: "MPEG-2",
  mpeg4: "MPEG-4",
  prores: "ProRes",
  dnxhd: "DNxHD",
  mjpeg: "Motion JPEG",
  aac: "AAC",
  mp2: "MP2",
  mp3: "MP3",
  opus: "Opus",
  vorbis: "Vorbis",
  flac: "FLAC",
  ac3: "AC-3",
  eac3: "E-AC-3",
  dts: "DTS",
};

/** Say whether packaging is under way: the first one, or one that will replace what there is. */
export function isBeingPackaged({ state, progress }: Pick<Video, "state" | "progress">): boolean {
  return state === "packaging" || (state === "ready" && progress.step !== "");
}

/** "H.264", "PCM"; what we have no name for stays as FFmpeg calls it. */
export function codecText(codec: string): string {
  return CODECS[codec] ?? (codec.startsWith("pcm_") ? "PCM" : codec);
}

/** "H.264 and AAC", "H.264, no sound". */
export function codecsText({ videoCodec, audioCodec }: Pick<Video, "videoCodec" | "audioCodec">): string {
  const picture = codecText(videoCodec);
  return audioCodec ? `${picture} and ${codecText(audioCodec)}` : `${picture}, no sound`;
}

/** "1280 × 720". */
export function sizeText({ width, height }: Pick<Video, "width" | "height">): string {
  return `${width} × ${height}`;
}

/** A frame rate as people write it: "29.97 fps" for "30000/1001". */
export function frameRateText(rate: string): string {
  const [frames = 0, seconds = 1] = rate.split("/").map(Number);
  return `${Number((frames / seconds).toFixed(2))} fps`;
}

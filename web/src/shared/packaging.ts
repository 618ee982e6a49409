/** How packaging goes, and how long things take, in the words of people. Pure. */
import { lengthText } from "./format.ts";
import type { Progress } from "./types.ts";

const STEPS: Readonly<Record<string, string>> = {
  waiting: "Queued",
  inspecting: "Checking the file",
  copy: "Copying the picture unchanged",
  starter: "Encoding the first quality",
  ladder: "Encoding the remaining qualities",
  pictures: "Creating thumbnails",
};

/** What is being done at this moment. */
export function stepText({ step }: Progress): string {
  return STEPS[step] ?? "Encoding";
}

/** How it goes: "118 fps, 4.7×". Empty while that is unknown. */
export function paceText({ fps, speed }: Progress): string {
  const parts = [fps > 0 ? `${Math.round(fps)} fps` : "", speed > 0 ? `${speed.toFixed(1)}×` : ""];
  return parts.filter(Boolean).join(", ");
}

/** "2:00 left"; "" while nobody can tell. */
export function leftText(seconds: number | null): string {
  if (seconds === null) return "";
  return seconds < 1.5 ? "almost done" : `${lengthText(coarse(seconds))} left`;
}

/** Nobody counts the seconds of an hour. */
function coarse(seconds: number): number {
  const step = seconds > 3600 ? 300 : seconds > 120 ? 60 : seconds > 20 ? 5 : 1;
  return Math.ceil(seconds / step) * step;
}

import { expect, test } from "vitest";
import { chosen, dropped, isVideoByName } from "../../../src/studio/library/dropped.ts";

/** What a browser gives for a dropped file or folder; a folder in two parts, as browsers may. */
function entry(path: string, children?: readonly unknown[]): unknown {
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (!children) {
    return { isFile: true, isDirectory: false, fullPath: path, file: (found: (file: File) => void) => found(new File(["x"], name)) };
  }
  const parts = [children.slice(0, 1), children.slice(1), []];
  const createReader = () => ({ readEntries: (found: (part: unknown) => void) => found(parts.shift() ?? []) });
  return { isFile: false, isDirectory: true, fullPath: path, createReader };
}

function drop(...entries: unknown[]): DataTransfer {
  return { items: entries.map((one) => ({ webkitGetAsEntry: () => one })), files: [] } as unknown as DataTransfer;
}

test("folders give their videos, at any depth, in the order of their paths", async () => {
  const inner = entry("/tour/day 10", [entry("/tour/day 10/a.mp4"), entry("/tour/day 10/notes.txt")]);
  const { files, leftOut } = await dropped(drop(entry("/tour", [inner, entry("/tour/day 9.mkv"), entry("/tour/.ds.mp4")])));
  expect(files.map(({ name }) => name)).toEqual(["day 9.mkv", "a.mp4"]);
  expect(leftOut).toBe(2);
});

test("a file that is given by itself is sent, whatever its name", async () => {
  const { files, leftOut } = await dropped(drop(entry("/film.bin"), entry("/b.mp4")));
  expect([files.length, leftOut]).toEqual([2, 0]);
  expect(chosen([new File(["x"], "film.bin")]).files).toHaveLength(1);
});

test("videos are known by their endings", () => {
  expect(["a.MP4", "a.b.mkv", "a.ts"].every(isVideoByName)).toBe(true);
  expect(["mp4", ".a.mp4", "a.srt", "a"].some(isVideoByName)).toBe(false);
});

/** What a person has dropped, or chosen: files, and folders with whatever is in them. */
import { byName } from "../../shared/naming.ts";

const VIDEO_ENDINGS = new Set(
  (
    "3g2 3gp asf avi divx dv f4v flv m1v m2t m2ts m2v m4v mjpeg mkv mov mp4 mpe mpeg mpg mts mxf nut ogm ogv qt rm " +
    "rmvb ts vob webm wmv y4m"
  ).split(" "),
);

/** What of a selection is to be sent. leftOut: files of folders that are no videos by their names. */
export interface Selected {
  readonly files: readonly File[];
  readonly leftOut: number;
}

interface Found {
  readonly file: File;
  readonly path: string;
  readonly isInFolder: boolean;
}

/**
 * Return what is in a drop. The browser gives the entries only while it handles the event, so they are taken before
 * anything is awaited.
 */
export function dropped(data: DataTransfer): Promise<Selected> {
  const entries = [...data.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  return entries.length > 0 ? walk(entries) : Promise.resolve(chosen(data.files));
}

/** Return what was chosen in a file dialog; files of a folder have a path there. */
export function chosen(files: Iterable<File>): Selected {
  return select(
    [...files].map((file) => {
      const path = file.webkitRelativePath;
      return { file, path: path || file.name, isInFolder: Boolean(path) };
    }),
  );
}

async function walk(entries: readonly FileSystemEntry[]): Promise<Selected> {
  const found = await Promise.all(entries.map((entry) => filesOf(entry, entry.isDirectory)));
  return select(found.flat());
}

async function filesOf(entry: FileSystemEntry, isInFolder: boolean): Promise<readonly Found[]> {
  if (isFile(entry)) {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    return [{ file, path: entry.fullPath, isInFolder }];
  }
  const children = await childrenOf(entry as FileSystemDirectoryEntry);
  return (await Promise.all(children.map((child) => filesOf(child, true)))).flat();
}

const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;

/** A directory is read in parts, until one is empty. */
async function childrenOf(folder: FileSystemDirectoryEntry): Promise<readonly FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const part = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (part.length === 0) return all;
    all.push(...part);
  }
}

/** Of folders, the videos by their names; what was given by itself is sent, and the server judges by the content. */
function select(found: readonly Found[]): Selected {
  const wanted = found.filter(({ file, isInFolder }) => !isInFolder || isVideoByName(file.name));
  const files = byName(wanted, ({ path }) => path).map(({ file }) => file);
  return { files, leftOut: found.length - files.length };
}

export function isVideoByName(name: string): boolean {
  const [, ending = ""] = /.\.([^.]+)$/.exec(name.toLowerCase()) ?? [];
  return !name.startsWith(".") && VIDEO_ENDINGS.has(ending);
}

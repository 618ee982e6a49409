/** What the server sends over /api/events (docs/reference/events.md), and what becomes of it. Pure. */

type Fields = Readonly<Record<string, unknown>>;

/** The whole value of a topic. */
export interface WholeFrame {
  readonly topic: string;
  readonly data: unknown;
}

/** What changed in a topic: fields, and members of its list. */
export interface ChangeFrame {
  readonly topic: string;
  readonly changed?: Fields;
  readonly upserted?: readonly Fields[];
  readonly removed?: readonly unknown[];
}

export interface Refusal {
  readonly code: string;
  readonly message: string;
}

/** A topic that cannot be given, for instance that of a channel which does not exist. */
export interface RefusedFrame {
  readonly topic: string;
  readonly error: Refusal;
}

export interface PongFrame {
  readonly pong: number;
  readonly now: string;
}

/** Why the server closes the connection. */
export interface FarewellFrame {
  readonly error: Refusal;
}

export type Frame = WholeFrame | ChangeFrame | RefusedFrame | PongFrame | FarewellFrame;

interface List {
  readonly name: string;
  readonly key: string;
  /** Where members stand; where it is missing, a frame never adds any. */
  readonly compare?: (one: Fields, other: Fields) => number;
}

const by = (field: string, sign: 1 | -1) => (one: Fields, other: Fields) =>
  sign * String(one[field]).localeCompare(String(other[field]));

const LISTS: Readonly<Record<string, List>> = {
  channels: { name: "channels", key: "slug", compare: by("createdAt", 1) },
  videos: { name: "videos", key: "id", compare: by("addedAt", -1) },
  channel: { name: "entries", key: "entry" },
  guide: { name: "airings", key: "startsAt", compare: by("startsAt", 1) },
};

/** Return a topic's value after a frame about it. Members that did not change stay the same objects. */
export function valueAfter(frame: WholeFrame | ChangeFrame, before: unknown): unknown {
  if ("data" in frame) return frame.data;
  const value = { ...(before as Fields), ...frame.changed };
  const list = LISTS[frame.topic.split("/")[0] ?? ""];
  if (!list || (!frame.upserted && !frame.removed)) return value;
  return { ...value, [list.name]: membersAfter(frame, list, (value[list.name] ?? []) as readonly Fields[]) };
}

function membersAfter(frame: ChangeFrame, { key, compare }: List, before: readonly Fields[]): readonly Fields[] {
  const removed = new Set(frame.removed);
  const upserted = new Map(frame.upserted?.map((member) => [member[key], member]));
  const kept = before
    .filter((member) => !removed.has(member[key]))
    .map((member) => upserted.get(member[key]) ?? member);
  for (const member of kept) upserted.delete(member[key]);
  const members = [...kept, ...upserted.values()];
  return compare ? members.sort(compare) : members;
}

/** One answered ping. sentAt, heardAt: our clock; serverNow: the server's; all milliseconds. */
export interface Echo {
  readonly sentAt: number;
  readonly heardAt: number;
  readonly serverNow: number;
}

/** Return how far the server's clock is ahead of ours, in ms: the quickest of the echoes knows best. */
export function clockOffset(echoes: readonly Echo[]): number {
  const quickest = echoes.toSorted((a, b) => a.heardAt - a.sentAt - (b.heardAt - b.sentAt))[0];
  return quickest ? quickest.serverNow - (quickest.sentAt + quickest.heardAt) / 2 : 0;
}

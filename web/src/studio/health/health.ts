/** How the server is, and what it deletes, as the API tells it (docs/reference/api.md). Times are ISO 8601 in UTC, durations seconds. */
import type { ChannelState, Moment, Progress, TimeZone } from "../../shared/types.ts";

/** degraded: it goes on, but somebody should look; starting: soon ready; failing: no viewer should be sent there. */
export type HealthState = "ok" | "degraded" | "starting" | "failing";

/** The topic `state`. */
export interface HealthNow {
  readonly state: HealthState;
  readonly timeZone: TimeZone;
}

export interface HealthCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly state: HealthState;
  readonly message: string;
  /** What to do about it; empty where nothing need be. */
  readonly remedy: string;
  readonly since: Moment;
}

/** A video that is being packaged, or waits for it. */
export interface Job extends Progress {
  readonly video: string;
  readonly name: string;
}

export interface DiskUse {
  readonly originalsBytes: number;
  readonly packagesBytes: number;
  /** Of both, of deleted videos. */
  readonly deletedBytes: number;
  readonly databaseBytes: number;
  readonly uploadsBytes: number;
  readonly freeBytes: number;
  readonly minFreeBytes: number;
}

export interface Disk extends DiskUse {
  readonly totalBytes: number;
}

/** A channel on air. freshness: how many seconds its edge was behind the clock; null before the first look. */
export interface ChannelHealth {
  readonly slug: string;
  readonly state: ChannelState;
  readonly viewers: number;
  readonly freshness: number | null;
}

export interface Trouble {
  readonly at: Moment;
  readonly firstAt: Moment;
  readonly count: number;
  readonly level: string;
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
  readonly subject: string;
  /** What the subject is: "video", "channel", ...; empty where there is none. */
  readonly about: string;
  /** What people call it, where that is known. */
  readonly name: string;
}

export interface Point {
  readonly at: Moment;
  readonly value: number;
}

/** What the server remembers of itself for a day; `speed` only while videos are packaged. */
export type Measure = "viewers" | "freshness" | "speed" | "loopLag" | "diskFree";

export type HealthHistory = Readonly<Record<Measure, readonly Point[]>>;

/** The newest point of each measure; null where it was not measured. */
export type Latest = Readonly<Record<Measure, number | null>> & { readonly at: Moment };

/** The topic `health`. jobs: those under way, then the first hundred that wait. channels: the 200 with most viewers. */
export interface HealthTopic {
  readonly state: HealthState;
  readonly checks: readonly HealthCheck[];
  readonly jobs: readonly Job[];
  readonly waitingJobs: number;
  readonly disk: Disk | null;
  readonly channels: readonly ChannelHealth[];
  readonly viewers: number;
  readonly errors: readonly Trouble[];
  readonly latest: Latest | null;
}

export interface Deletion {
  readonly kind: "video" | "original" | "package" | "record" | "history";
  readonly id: string;
  readonly video: string | null;
  readonly name: string;
  readonly message: string;
  /** null: not before an edit, it is on air. */
  readonly dueAt: Moment | null;
  readonly isDue: boolean;
  readonly sizeBytes: number;
}

export interface Retention {
  readonly keepDeletedSeconds: number;
  readonly keepOriginals: "keep" | "drop";
  readonly storage: DiskUse;
  readonly deletions: readonly Deletion[];
}

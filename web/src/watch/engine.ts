/** What the player needs of whatever brings the stream to the video element: hls.js, or the browser itself. */

/** What can be watched just now, in the video element's seconds. live: where one would be by default. */
export interface Extent {
  readonly start: number;
  readonly live: number;
  readonly end: number;
}

/** Where playing begins: a position in seconds, or a date-time, in ms since 1970. */
export interface Start {
  readonly position?: number;
  readonly date?: number;
}

/** Why an engine cannot go on. "off": nothing is on air; "barred": this viewer may not watch it, or not there. */
export type Failure = "off" | "away" | "barred";

/** What an engine tells the player. */
export interface Listener {
  /** The stream is known, its rungs too; playing may begin. */
  ready(): void;
  /** It cannot go on by itself. */
  failed(reason: Failure): void;
}

export interface Engine {
  /** The rungs on offer, best first, by name. Empty where the browser chooses. */
  readonly rungs: readonly string[];
  /** The rung on the screen; "" while unknown. */
  readonly rung: string;
  /** The network fails it, and it tries again by itself. */
  readonly isCutOff: boolean;
  readonly extent: Extent | null;
  /** How many seconds are loaded ahead of the picture; null where the pace is the browser's own business. */
  readonly ahead: number | null;
  /** Stay at a rung; "" lets the engine choose. */
  choose(rung: string): void;
  /** Return the date-time of a position, in ms since 1970; null while unknown. */
  dateAt(position: number): number | null;
  /** Return the position of a date-time; null while unknown. */
  positionAt(date: number): number | null;
  destroy(): void;
}

/** What happened since the page was opened; browser tests read it as `window.instaStream.facts`. */
export interface Facts {
  fatalErrors: number;
  errors: string[];
  stalls: number;
  rebuilds: number;
  discontinuities: number[];
  level: number;
}

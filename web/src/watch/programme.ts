/** What is on and what follows, from what the server tells viewers (docs/reference/events.md). Pure. */
import type { PublicShowing, Strip } from "../shared/types.ts";

/** One showing of one video; times in milliseconds since 1970, on the axis of the picture's date-time. */
export interface Showing {
  readonly name: string;
  readonly startsAt: number;
  /** null while only an edit will end it. */
  readonly endsAt: number | null;
  /** Where in the video it begins, in seconds. */
  readonly offset: number;
  readonly isSlate: boolean;
  /** The multivariant playlist of the video by itself. */
  readonly preview: string | null;
  readonly poster: string | null;
  readonly strip: Strip | null;
}

/** Return a showing with full addresses. base: the address of the document that told of it. */
export function showingOf(told: PublicShowing, base: string): Showing {
  const full = (address: string): string => new URL(address, base).href;
  return {
    name: told.name,
    startsAt: Date.parse(told.startsAt),
    endsAt: told.endsAt === null ? null : Date.parse(told.endsAt),
    offset: told.offset,
    isSlate: told.isSlate,
    preview: told.preview === null ? null : full(told.preview),
    poster: told.poster === null ? null : full(told.poster),
    strip: told.strip === null ? null : { ...told.strip, url: full(told.strip.url) },
  };
}

/** Return the showing of an instant, or null. showings: in order. */
export function showingAt(showings: readonly Showing[], date: number): Showing | null {
  return showings.find(({ startsAt, endsAt }) => startsAt <= date && (endsAt === null || date < endsAt)) ?? null;
}

/** Return what begins after an instant. The slate is not worth announcing. */
export function following(showings: readonly Showing[], date: number): readonly Showing[] {
  return showings.filter(({ startsAt, isSlate }) => startsAt > date && !isSlate);
}

/** Return how far a showing has come at an instant, from 0 to 1; null for one without an end. */
export function shareOf({ startsAt, endsAt }: Showing, date: number): number | null {
  if (endsAt === null || endsAt <= startsAt) return null;
  return Math.min(1, Math.max(0, (date - startsAt) / (endsAt - startsAt)));
}

/** Return which place of the video is on the screen at an instant, in seconds. */
export function placeAt({ startsAt, offset }: Showing, date: number): number {
  return Math.max(0, offset + (date - startsAt) / 1000);
}

/** What people are told is on. */
export function titleOf(showing: Showing, isPaused: boolean): string {
  if (!showing.isSlate) return showing.name;
  return isPaused ? "Paused: back soon" : "Back soon";
}

import { at } from "../shared/root.ts";
import { everySecond } from "../shared/clock.svelte.ts";
import type { ChannelState, PublicNow } from "../shared/types.ts";
import { Feed } from "./feed.svelte.ts";
import { folder } from "./folder.svelte.ts";
import type { Player, Urls } from "./player.svelte.ts";
import { following, showingAt, showingOf, type Showing } from "./programme.ts";

/** One channel as a viewer's page knows it: what the server tells of it, and the player that shows it. */
export class Station {
  readonly slug: string;
  readonly feed: Feed<PublicNow>;
  /** Where the stream is; that changes with the folder. */
  readonly urls: Urls = $derived.by(() => urlsIn(folder.base, this.slug));
  player = $state.raw<Player | null>(null);
  /** The showing that was last played from its video; it may be older than what the server tells of. */
  #replayed = $state.raw<Showing | null>(null);
  #showings: readonly Showing[] = $derived.by(() => this.#read());

  constructor(slug: string) {
    this.slug = slug;
    this.feed = new Feed(`${placeOf(slug)}/now.json`);
  }

  get told(): PublicNow | null {
    return this.feed.value;
  }

  get title(): string {
    return this.told?.title ?? this.slug;
  }

  get state(): ChannelState | null {
    return this.told?.state ?? null;
  }

  /** The date-time to which one can go back, in ms since 1970; null while unknown. */
  get oldest(): number | null {
    const from = this.told?.rewind?.from;
    return from === undefined ? null : Date.parse(from);
  }

  /** What aired within the rewind limit, airs and follows, in order. */
  get showings(): readonly Showing[] {
    return this.#showings;
  }

  /** The date of what is seen: the picture's own, which lies behind the server's clock; else that clock's. */
  get date(): number {
    if (this.player?.state === "playing" && this.player.date !== null) return this.player.date;
    everySecond();
    return this.feed.now();
  }

  get current(): Showing | null {
    if (this.player?.replayed) return this.#replayed;
    return this.state === "off" ? null : showingAt(this.#showings, this.date);
  }

  get next(): readonly Showing[] {
    return following(this.#showings, this.date);
  }

  /** Ask whether everybody may watch it, wherever it is watched now. */
  isPublic(): Promise<boolean> {
    return isGiven(at(`${placeOf(this.slug)}/now.json`));
  }

  /** Ask whether it may be watched on a page of its own, and not only inside one of another site. */
  isForPage(): Promise<boolean> {
    return isGiven(folder.at(`${placeOf(this.slug)}/now.json`), folder.at(`watch/${encodeURIComponent(this.slug)}`));
  }

  /** Tell whether what is seen can be watched from its beginning. */
  get canStartOver(): boolean {
    const { current } = this;
    return current !== null && !current.isSlate && this.canWatch(current);
  }

  /** Tell whether a showing can be watched from its beginning. */
  canWatch(showing: Showing): boolean {
    return (this.player?.canReplay && showing.preview !== null) || (this.player?.reaches(showing.startsAt) ?? false);
  }

  startOver(): void {
    if (this.canStartOver && this.current) this.watchFrom(this.current);
  }

  watchFrom(showing: Showing): void {
    const { startsAt, preview: url } = showing;
    if (this.player?.reaches(startsAt) || url === null) this.player?.seekTo(startsAt);
    else {
      this.#replayed = showing;
      this.player?.replay({ ...showing, url });
    }
    this.player?.play();
  }

  #read(): readonly Showing[] {
    if (!this.told) return [];
    const { past, now, next } = this.told;
    const base = folder.at(`${placeOf(this.slug)}/now.json`);
    return [...past, ...(now ? [now] : []), ...next].map((told) => showingOf(told, base));
  }
}

const placeOf = (slug: string): string => `stream/${encodeURIComponent(slug)}`;

function urlsIn(base: string, slug: string): Urls {
  const place = base + placeOf(slug);
  return { base, live: `${place}/stream.m3u8`, rewind: `${place}/rewind.m3u8` };
}

/** page: that asks, where it is not this one. */
async function isGiven(address: string, page?: string): Promise<boolean> {
  try {
    return (await fetch(address, page === undefined ? {} : { referrer: page })).ok;
  } catch {
    return false;
  }
}

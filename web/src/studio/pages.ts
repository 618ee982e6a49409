import type { Component } from "svelte";
import type { IconName } from "../shared/ui/icons.ts";

export interface StudioPage {
  /** After /studio/. What follows it belongs to the page: /studio/playlist/main. */
  readonly path: string;
  readonly title: string;
  readonly icon: IconName;
  readonly load: () => Promise<{ default: Component }>;
}

const LIBRARY: StudioPage = {
  path: "library",
  title: "Library",
  icon: "library",
  load: () => import("./library/LibraryPage.svelte"),
};

export const PAGES: readonly StudioPage[] = [
  LIBRARY,
  { path: "playlist", title: "Playlist", icon: "playlist", load: () => import("./playlist/PlaylistPage.svelte") },
  { path: "channels", title: "Channels", icon: "channels", load: () => import("./channels/ChannelsPage.svelte") },
  { path: "guide", title: "Guide", icon: "guide", load: () => import("./guide/GuidePage.svelte") },
  { path: "health", title: "Health", icon: "health", load: () => import("./health/HealthPage.svelte") },
];

/** Reached from the foot of the frame, not from among the places of work. */
export const ABOUT: StudioPage = {
  path: "about",
  title: "About",
  icon: "info",
  load: () => import("./about/AboutPage.svelte"),
};

const NOWHERE: StudioPage = {
  path: "",
  title: "Nothing here",
  icon: "search",
  load: () => import("./NowherePage.svelte"),
};

/** Return the page that a part of the address names; the Library where there is none. */
export function pageAt(part: string | undefined): StudioPage {
  if (part === undefined) return LIBRARY;
  return [...PAGES, ABOUT].find(({ path }) => path === part) ?? NOWHERE;
}

import type { Component } from "svelte";
import type { Permission } from "../shared/net/permission.ts";
import type { IconName } from "../shared/ui/icons.ts";

export interface StudioPage {
  /** After /studio/. What follows it belongs to the page: /studio/playlist/main. */
  readonly path: string;
  readonly title: string;
  readonly icon: IconName;
  /** Without it, nothing is to be seen there. */
  readonly needs: Permission;
  readonly load: () => Promise<{ default: Component }>;
}

const LIBRARY: StudioPage = {
  path: "library",
  title: "Library",
  icon: "library",
  needs: "library:read",
  load: () => import("./library/LibraryPage.svelte"),
};

export const PAGES: readonly StudioPage[] = [
  LIBRARY,
  { path: "playlist", title: "Playlist", icon: "playlist", needs: "channel:read", load: () => import("./playlist/PlaylistPage.svelte") },
  { path: "channels", title: "Channels", icon: "channels", needs: "channel:view", load: () => import("./channels/ChannelsPage.svelte") },
  { path: "guide", title: "Guide", icon: "guide", needs: "channel:view", load: () => import("./guide/GuidePage.svelte") },
  { path: "health", title: "Health", icon: "health", needs: "health:read", load: () => import("./health/HealthPage.svelte") },
];

const ENTRANCES: readonly StudioPage[] = [
  { path: "people", title: "People", icon: "people", needs: "people:manage", load: () => import("./people/PeoplePage.svelte") },
  { path: "tokens", title: "API tokens", icon: "key", needs: "tokens:manage", load: () => import("./tokens/TokensPage.svelte") },
  { path: "activity", title: "Activity log", icon: "history", needs: "audit:read", load: () => import("./activity/ActivityPage.svelte") },
];

/**
 * Return the pages about who may come in: beside the places of work where there is room, else in a menu. Tokens are of no
 * use where nobody needs to sign in.
 */
export function entrancesFor(may: (permission: Permission) => boolean, isSignInNeeded: boolean): readonly StudioPage[] {
  return ENTRANCES.filter(({ path, needs }) => may(needs) && (path !== "tokens" || isSignInNeeded));
}

/** Reached from the foot of the frame, not from among the places of work. */
export const ABOUT: StudioPage = {
  path: "about",
  title: "About",
  icon: "info",
  needs: "server:read",
  load: () => import("./about/AboutPage.svelte"),
};

/** Of the person who is signed in. */
export const ACCOUNT: StudioPage = {
  path: "account",
  title: "My account",
  icon: "person",
  needs: "account:own",
  load: () => import("./account/AccountPage.svelte"),
};

const NOWHERE: StudioPage = {
  path: "",
  title: "Nothing here",
  icon: "search",
  needs: "channel:view",
  load: () => import("./NowherePage.svelte"),
};

const ALL: readonly StudioPage[] = [...PAGES, ...ENTRANCES, ABOUT, ACCOUNT];

/** Return the page that a part of the address names; where there is none, the first that one may see, else the Library. */
export function pageAt(part: string | undefined, may: (permission: Permission) => boolean): StudioPage {
  if (part === undefined) return PAGES.find(({ needs }) => may(needs)) ?? LIBRARY;
  return ALL.find(({ path }) => path === part) ?? NOWHERE;
}

/** What can be given away of a channel. Pure. */

/** Paths on this server; null for what would not work. */
export interface Offer {
  readonly page: string | null;
  readonly embed: string | null;
  readonly stream: string | null;
}

/**
 * Return what others can open. folder: "/t/{token}" of a link, or "". isForPages: it plays only inside pages of a site.
 * isForPeople: only who signs in can watch, which players and pages of other sites cannot.
 */
export function offerOf(slug: string, { folder = "", isForPages = false, isForPeople = false } = {}): Offer {
  const name = encodeURIComponent(slug);
  return {
    page: isForPages ? null : `${folder}/watch/${name}`,
    embed: isForPeople ? null : `${folder}/embed/${name}`,
    stream: isForPages || isForPeople ? null : `${folder}/stream/${name}/stream.m3u8`,
  };
}

/** Names of channels in addresses. The server has the last word (channels/slug.py); this says it earlier. Pure. */

/** The channel that always exists. */
export const MAIN = "main";

/** The same words as the server's; a test compares them. */
export const RESERVED: ReadonlySet<string> = new Set([
  "api", "assets", "current", "embed", "guide", "health", "live", "media", "metrics", "new", "static", "stream", "studio", "watch",
]);

const LONGEST = 63;
const SHAPE = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;

/** Letters that do not come apart into a plain one and a sign above or below it. */
const PLAIN: Readonly<Record<string, string>> = { ß: "ss", æ: "ae", œ: "oe", ø: "o", ł: "l", đ: "d", ð: "d", þ: "th", ı: "i", "&": " and " };

/** Return why a slug cannot be a new channel's, in a sentence; "" where it can. taken: the slugs that there are. */
export function slugFault(slug: string, taken: ReadonlySet<string>): string {
  if (slug === "") return "Enter a short name for its URL.";
  if (/[^a-z0-9-]/.test(slug)) return "Use only lower-case letters a to z, digits and hyphens.";
  if (!SHAPE.test(slug)) return "Start and end with a letter or a digit.";
  if (slug.length > LONGEST) return `Use at most ${LONGEST} letters, digits and hyphens.`;
  if (RESERVED.has(slug)) return `“${slug}” is reserved by the server. Choose another name.`;
  if (taken.has(slug)) return `There is already a channel “${slug}”. Choose another name.`;
  return "";
}

/** Return a slug for a title that no other channel has; "" while there is no title. */
export function suggestedSlug(title: string, taken: ReadonlySet<string>): string {
  if (title.trim() === "") return "";
  const stem = plain(title) || "channel"; // a title may have none of our letters
  const isFree = (slug: string): boolean => slugFault(slug, taken) === "";
  if (isFree(stem)) return stem;
  for (let number = 2; ; number += 1) {
    const ending = `-${number}`;
    const slug = `${cut(stem, LONGEST - ending.length)}${ending}`;
    if (isFree(slug)) return slug;
  }
}

function plain(title: string): string {
  const letters = title
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[\p{M}'’]/gu, "")
    .replace(/[ßæœøłđðþı&]/g, (letter) => PLAIN[letter] ?? letter);
  return cut(letters.replace(/[^a-z0-9]+/g, "-").replace(/^-/, ""), LONGEST);
}

const cut = (slug: string, length: number): string => slug.slice(0, length).replace(/-+$/, "");

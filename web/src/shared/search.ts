/** What people find when they type words. Pure. */

const JOINERS = /[\u200c\u200d]/g;

/** The same text however it is typed: macOS sends names decomposed, and few keyboards have joiners. */
const folded = (text: string): string => text.toLowerCase().normalize("NFC").replace(JOINERS, "");

/** Return whether a text has every word of the query, in any order and case. */
export function finder(query: string): (text: string) => boolean {
  const words = folded(query).split(/\s+/).filter(Boolean);
  return (text) => {
    const name = folded(text);
    return words.every((word) => name.includes(word));
  };
}

/** Return whether two names of files are the same, on whichever systems those are. */
export function isSameName(one: string, other: string): boolean {
  return one.normalize("NFC") === other.normalize("NFC");
}

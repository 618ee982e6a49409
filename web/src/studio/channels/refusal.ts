/** Beside which field a refusal of the server belongs. Pure. */
import type { Field } from "./settings.ts";

const PLACES: Readonly<Record<string, Field | "slug">> = {
  bad_title: "title",
  bad_rungs: "rungs",
  bad_window: "windowSeconds",
  unknown_video: "slate",
  bad_slug: "slug",
  reserved_slug: "slug",
  channel_exists: "slug",
};

/** Return the field that an error's code speaks of; null for one that concerns the whole. */
export function placeOf(code: string): Field | "slug" | null {
  return PLACES[code] ?? null;
}

/** The server names its fields as programs write them. */
const LABELS: Readonly<Record<string, string>> = {
  "`title`": "title",
  "`slug`": "URL name",
  "`rungs`": "The choice",
  "`windowSeconds`": "The length in seconds",
};

/** Return the server's sentence with the words that stand on the page. */
export function inOurWords(sentence: string): string {
  return sentence.replace(/`\w+`/g, (name) => LABELS[name] ?? name);
}

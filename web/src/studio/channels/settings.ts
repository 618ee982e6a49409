/** A channel's settings while somebody changes them, and somebody else may, too. Pure. */
import type { Channel } from "../../shared/types.ts";

export type Settings = Pick<Channel, "title" | "rungs" | "windowSeconds" | "slate" | "playback">;
export type Field = keyof Settings;

/** How long a title may be, in letters. */
export const TITLE_LENGTH = 255;

export const FIELDS: readonly Field[] = ["title", "playback", "rungs", "windowSeconds", "slate"];

/** A field's value as it was when the person began to change it, and as the person wants it. */
export interface Edit<Value = unknown> {
  readonly from: Value;
  readonly to: Value;
}

export type Edits = { readonly [Name in Field]?: Edit<Settings[Name]> };

/** Say whether two values of a field are the same. */
export function isSame(one: Settings[Field], other: Settings[Field]): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Return the edits with a field set; a field that is set to what it was is as if it had not been touched. */
export function edited<Name extends Field>(edits: Edits, present: Settings, field: Name, to: Settings[Name]): Edits {
  const from = edits[field]?.from ?? present[field];
  const { [field]: _, ...others } = edits;
  return isSame(from as Settings[Name], to) ? (others as Edits) : { ...others, [field]: { from, to } };
}

/** Return what has to be sent: what differs from what the server has. */
export function changesOf(edits: Edits, present: Settings): Partial<Settings> {
  const changed = FIELDS.filter((field) => edits[field] && !isSame(edits[field].to, present[field]));
  return Object.fromEntries(changed.map((field) => [field, edits[field]?.to]));
}

/** Say whether somebody else has changed a field to something else while the person was at it. */
export function isContested(edits: Edits, present: Settings, field: Field): boolean {
  const edit = edits[field];
  return edit !== undefined && !isSame(edit.from, present[field]) && !isSame(edit.to, present[field]);
}

/** Return the fields that somebody else has changed and the person has not touched. before: when the form was opened. */
export function changedElsewhere(before: Settings, edits: Edits, present: Settings): readonly Field[] {
  return FIELDS.filter((field) => !edits[field] && !isSame(before[field], present[field]));
}

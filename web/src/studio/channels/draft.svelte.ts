import type { Channel } from "../../shared/types.ts";
import { changedElsewhere, changesOf, edited, isContested, type Edits, type Field, type Settings } from "./settings.ts";

/**
 * The settings of a channel in an open form. What the person has not touched follows the channel; what the person has
 * touched stays, whoever else changes it.
 */
export class Draft {
  #edits = $state.raw<Edits>({});
  readonly #present: () => Settings;
  readonly #before: Settings;

  constructor(present: () => Channel) {
    this.#present = present;
    this.#before = present();
  }

  value<Name extends Field>(field: Name): Settings[Name] {
    const edit = this.#edits[field];
    return edit ? (edit.to as Settings[Name]) : this.#present()[field];
  }

  set<Name extends Field>(field: Name, to: Settings[Name]): void {
    this.#edits = edited(this.#edits, this.#present(), field, to);
  }

  /** Give up one's own change of a field. */
  takeTheirs(field: Field): void {
    const { [field]: _, ...others } = this.#edits;
    this.#edits = others;
  }

  isContested(field: Field): boolean {
    return isContested(this.#edits, this.#present(), field);
  }

  /** What has to be sent. */
  get changes(): Partial<Settings> {
    return changesOf(this.#edits, this.#present());
  }

  get changedElsewhere(): readonly Field[] {
    return changedElsewhere(this.#before, this.#edits, this.#present());
  }
}

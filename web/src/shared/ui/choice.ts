/** One of a few things to choose from. */
export interface Choice<Value extends string> {
  readonly value: Value;
  readonly title: string;
  /** What it means, in a sentence. */
  readonly text: string;
}

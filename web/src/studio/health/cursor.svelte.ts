/** The instant that is pointed at: one for all plots, so that what happened together is read together. */
export class Cursor {
  /** In ms since 1970; null while nothing is pointed at. */
  at = $state<number | null>(null);
}

import type { IconName } from "./icons.ts";

/** A line of a menu. isChosen: given for lines of which one is chosen, such as qualities. */
export interface MenuItem {
  readonly label: string;
  readonly hint?: string;
  readonly icon?: IconName;
  readonly isChosen?: boolean;
  readonly isDangerous?: boolean;
  readonly isDisabled?: boolean;
  /** It begins another kind of lines. */
  readonly isApart?: boolean;
  readonly act: () => void;
}

/** Return the place that a key leads to among `count` lines, or null when it leads nowhere. */
export function stepOf(key: string, at: number, count: number): number | null {
  switch (key) {
    case "ArrowDown":
      return (at + 1) % count;
    case "ArrowUp":
      return (at + count - 1) % count;
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return null;
  }
}

/** What the keyboard does on a page with a player. Pure. */

export type Command =
  | "toggle"
  | "back"
  | "forward"
  | "live"
  | "startOver"
  | "mute"
  | "louder"
  | "quieter"
  | "fullscreen"
  | "pip"
  | "share"
  | "help";

interface Shortcut {
  readonly command: Command;
  /** As KeyboardEvent.key says it, in lower case. */
  readonly keys: readonly string[];
  readonly text: string;
}

export const SHORTCUTS: readonly Shortcut[] = [
  { command: "toggle", keys: ["k", " "], text: "Play or pause" },
  { command: "back", keys: ["arrowleft", "j"], text: "Ten seconds back" },
  { command: "forward", keys: ["arrowright"], text: "Ten seconds forward" },
  { command: "live", keys: ["l", "end"], text: "Go to live" },
  { command: "startOver", keys: ["s", "home"], text: "Watch from the start" },
  { command: "mute", keys: ["m"], text: "Mute or unmute" },
  { command: "louder", keys: ["arrowup"], text: "Louder" },
  { command: "quieter", keys: ["arrowdown"], text: "Quieter" },
  { command: "fullscreen", keys: ["f"], text: "Full screen" },
  { command: "pip", keys: ["p"], text: "Picture in picture" },
  { command: "share", keys: ["e"], text: "Share or embed" },
  { command: "help", keys: ["?"], text: "Keyboard shortcuts" },
];

const SYMBOLS: Readonly<Record<string, string>> = {
  " ": "Space",
  arrowleft: "←",
  arrowright: "→",
  arrowup: "↑",
  arrowdown: "↓",
  end: "End",
  home: "Home",
};

/** Return a key as it is written on a keyboard. */
export const keyText = (key: string): string => SYMBOLS[key] ?? key.toUpperCase();

/** Return a command's first key as it is written on a keyboard. */
export function keyOf(command: Command): string {
  return keyText(SHORTCUTS.find((shortcut) => shortcut.command === command)?.keys[0] ?? "");
}

interface Press {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
}

/**
 * Return what a key means, or null. focus: the kind of element that has the focus: one that the key means something
 * to itself keeps it.
 */
export function commandOf(press: Press, focus: "text" | "slider" | "button" | "other"): Command | null {
  if (press.ctrlKey || press.metaKey || press.altKey || focus === "text") return null;
  const key = press.key.toLowerCase();
  if (focus === "button" && key === " ") return null;
  if (focus === "slider" && /^(arrow|home$|end$)/.test(key)) return null;
  return SHORTCUTS.find(({ keys }) => keys.includes(key))?.command ?? null;
}

/** Return what kind of element has the focus, for `commandOf`. */
export function kindOf(element: Element | null): "text" | "slider" | "button" | "other" {
  if (!element) return "other";
  if (element.matches("[role=slider], input[type=range]")) return "slider";
  if (element.matches("input, textarea, select, [contenteditable]")) return "text";
  return element.matches("button, a[href], summary") ? "button" : "other";
}

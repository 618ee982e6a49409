import { memory } from "./memory.ts";

export const THEMES = ["auto", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

/** Theme: as the system says, or as the person chose on this browser. */
class ThemeChoice {
  #value = $state<Theme>("auto");

  constructor() {
    const stored = memory.read("theme");
    this.#value = THEMES.find((theme) => theme === stored) ?? "auto";
    this.#apply();
  }

  get value(): Theme {
    return this.#value;
  }

  set value(theme: Theme) {
    this.#value = theme;
    memory.write("theme", theme === "auto" ? null : theme);
    this.#apply();
  }

  #apply(): void {
    if (this.#value === "auto") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = this.#value;
  }
}

export const theme = new ThemeChoice();

/** What the browser remembers. An embedded page may be forbidden to remember anything: then nothing is remembered. */
export const memory = {
  read(key: string, where: "tab" | "browser" = "browser"): string | null {
    try {
      return store(where).getItem(PREFIX + key);
    } catch {
      return null;
    }
  },

  write(key: string, value: string | null, where: "tab" | "browser" = "browser"): void {
    try {
      if (value === null) store(where).removeItem(PREFIX + key);
      else store(where).setItem(PREFIX + key, value);
    } catch {
      // Forbidden, or full: the choice then lasts as long as the page.
    }
  },
};

const PREFIX = "insta-stream.";

const store = (where: "tab" | "browser"): Storage => (where === "tab" ? sessionStorage : localStorage);

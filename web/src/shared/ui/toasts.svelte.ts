export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly isBad: boolean;
  readonly shownForMs: number;
  readonly action: { readonly label: string; readonly act: () => void } | null;
}

const SHOWN_FOR_MS = 7000;
const MOST = 3;

/** Short news at the edge of the page: what was done, with the way back, or what went wrong. */
class Toasts {
  #list = $state.raw<readonly Toast[]>([]);
  #timers = new Map<number, ReturnType<typeof setTimeout>>();
  #ids = 0;

  get list(): readonly Toast[] {
    return this.#list;
  }

  /** Say that something was done. undo: takes it back; label: what that is called; atLeastMs: how long it can be. */
  say(text: string, undo?: () => void, label = "Undo", atLeastMs = 0): void {
    this.#add(text, false, undo ? { label, act: undo } : null, Math.max(SHOWN_FOR_MS, atLeastMs));
  }

  /** Say what went wrong and, if there is one, offer the remedy. */
  warn(text: string, action?: { label: string; act: () => void }): void {
    this.#add(text, true, action ?? null);
  }

  dismiss(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    this.#list = this.#list.filter((toast) => toast.id !== id);
  }

  /** Stop the clocks while the person reads. */
  hold(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  /** Let the clocks run again. */
  release(): void {
    for (const { id, shownForMs } of this.#list) this.#expire(id, shownForMs);
  }

  #add(text: string, isBad: boolean, action: Toast["action"], shownForMs = SHOWN_FOR_MS): void {
    const id = ++this.#ids;
    const isSame = (toast: Toast): boolean => toast.text === text && !toast.action && !action;
    const others = this.#list.filter((toast) => !isSame(toast)); // the same news twice is read once
    this.#list = [...others, { id, text, isBad, shownForMs, action }].slice(-MOST);
    this.#expire(id, shownForMs);
  }

  #expire(id: number, afterMs: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.set(id, setTimeout(() => this.dismiss(id), afterMs));
  }
}

export const toasts = new Toasts();

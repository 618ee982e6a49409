/** As long as a page may take to be as long as it was. */
const PATIENCE_MS = 3000;

/**
 * Remembers how far each entry of the browser's history was scrolled. The browser does that too, but looks at the
 * page before it has its content, which is loaded: then it is too short.
 */
export class Scroll {
  readonly #places = new Map<string, number>();
  #key: string;
  #wait = new AbortController();

  constructor(key: string) {
    this.#key = key;
    this.#wait.abort();
    addEventListener("scroll", () => this.#wait.signal.aborted && this.#places.set(this.#key, scrollY), { passive: true });
  }

  /** Another entry is shown. isBack: bring the page to where it was. */
  enter(key: string, isBack: boolean): void {
    this.#wait.abort();
    this.#key = key;
    const place = this.#places.get(key);
    if (isBack && place) this.#restore(place);
  }

  /** Scroll as soon as the page is long enough, unless the person does something first. */
  #restore(place: number): void {
    this.#wait = new AbortController();
    const { signal } = this.#wait;
    const stop = (): void => this.#wait.abort();
    const { documentElement: page } = document;
    const watching = new ResizeObserver(() => {
      if (signal.aborted || page.scrollHeight - innerHeight < place) return;
      scrollTo({ top: place, behavior: "instant" });
      stop();
    });
    const timer = setTimeout(stop, PATIENCE_MS);
    for (const kind of ["wheel", "touchstart", "keydown", "pointerdown"]) addEventListener(kind, stop, { signal, passive: true });
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      watching.disconnect();
    });
    watching.observe(page);
    watching.observe(document.body);
  }
}

import { scrollSpeed } from "./viewport.ts";

/** Farther than this, in pixels, a press is meant as a pull. */
const SLACK = 5;

interface Pull {
  begin(): void;
  /** y: of the pointer in the window; called while the page scrolls, too. */
  move(y: number): void;
  drop(): void;
  cancel(): void;
  edges(): { upper: number; lower: number };
}

/**
 * Follow a pointer that was pressed until it is released. The window listens, because the row that was pressed may
 * cease to exist while the page scrolls. Near an edge the page scrolls by itself.
 */
export function pull(press: PointerEvent, to: Pull): void {
  const listening = new AbortController();
  const { signal } = listening;
  let y = press.clientY;
  let isPulling = false;

  const scroll = (): void => {
    if (signal.aborted) return;
    const { upper, lower } = to.edges();
    const speed = scrollSpeed(y, upper, lower);
    if (speed !== 0) {
      scrollBy(0, speed);
      to.move(y);
    }
    requestAnimationFrame(scroll);
  };
  const end = (how: () => void): void => {
    listening.abort();
    if (isPulling) how();
  };
  const isOurs = (event: PointerEvent): boolean => event.pointerId === press.pointerId;

  addEventListener(
    "pointermove",
    (event) => {
      if (!isOurs(event)) return;
      y = event.clientY;
      if (!isPulling && Math.hypot(event.clientX - press.clientX, y - press.clientY) > SLACK) {
        isPulling = true;
        to.begin();
        requestAnimationFrame(scroll);
      }
      if (isPulling) to.move(y);
    },
    { signal },
  );
  addEventListener("pointerup", (event) => isOurs(event) && end(to.drop), { signal });
  addEventListener("pointercancel", (event) => isOurs(event) && end(to.cancel), { signal });
  addEventListener("keydown", (event) => event.key === "Escape" && end(to.cancel), { signal });
}

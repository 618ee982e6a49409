export type Side = "above" | "below";
export type Align = "start" | "center" | "end";

interface Size {
  readonly width: number;
  readonly height: number;
}

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Between what floats and its control, and to the edge of the window. */
const GAP = 6;

/** Return the corner of something of this size beside a control: on the other side where there is no room, and always inside. */
export function beside(control: Box, size: Size, room: Size, side: Side, align: Align): { left: number; top: number } {
  const tops = { above: control.top - GAP - size.height, below: control.bottom + GAP };
  const fits = { above: tops.above >= GAP, below: tops.below + size.height <= room.height - GAP };
  const other = side === "above" ? "below" : "above";
  const lefts = {
    start: control.left,
    center: (control.left + control.right - size.width) / 2,
    end: control.right - size.width,
  };
  return {
    left: inside(lefts[align], size.width, room.width),
    top: inside(tops[fits[other] && !fits[side] ? other : side], size.height, room.height),
  };
}

/** What is too long for its room begins where that does. */
function inside(place: number, length: number, room: number): number {
  return Math.round(Math.max(GAP, Math.min(place, room - GAP - length)));
}

/**
 * Keep something in the top layer, where nothing clips it, beside a control: also when that scrolls away, or when what
 * floats gets other words. Returns how to end it.
 */
export function float(floating: HTMLElement, control: HTMLElement, side: Side, align: Align): () => void {
  function place(): void {
    const { clientWidth: width, clientHeight: height } = document.documentElement;
    const { left, top } = beside(
      control.getBoundingClientRect(),
      floating.getBoundingClientRect(),
      { width, height },
      side,
      align,
    );
    floating.style.left = `${left}px`;
    floating.style.top = `${top}px`;
  }

  place();
  const watching = new ResizeObserver(place);
  watching.observe(floating);
  addEventListener("scroll", place, { capture: true, passive: true });
  addEventListener("resize", place);
  return () => {
    watching.disconnect();
    removeEventListener("scroll", place, { capture: true });
    removeEventListener("resize", place);
  };
}

import type { Attachment } from "svelte/attachments";

const CONTROLS = "a[href], button:not(:disabled), input:not(:disabled), select:not(:disabled), textarea:not(:disabled), [tabindex]";

/** Something around what has the focus, and the how-manieth of its controls that is. */
interface Place {
  readonly around: Element;
  readonly index: number;
}

/**
 * Where a control vanishes under the keyboard, go on with the one that stands in its place now. Left alone, browsers
 * give the focus to the page as a whole: the next key does nothing, and a screen reader begins at the top. What was
 * focused by a finger or the mouse is left alone. refuge: takes the focus where nothing near is left; else the element itself.
 */
export function keepFocus(refuge?: () => HTMLElement | null): Attachment<HTMLElement> {
  return (root) => {
    let last: Element | null = null;
    let places: readonly Place[] = [];

    function note({ target }: FocusEvent): void {
      last = target instanceof Element && target.matches(":focus-visible") ? target : null;
      places = last ? placesOf(last, root) : [];
    }

    function look(): void {
      if (!last || last.isConnected) return;
      last = null;
      setTimeout(() => {
        if (document.activeElement && document.activeElement !== document.body) return; // somebody knew better
        const heir = heirOf(places);
        if (heir) heir.focus();
        else (refuge ? refuge() : root)?.focus({ preventScroll: true });
      });
    }

    const watching = new MutationObserver(look);
    watching.observe(root, { childList: true, subtree: true });
    root.addEventListener("focusin", note);
    return () => {
      watching.disconnect();
      root.removeEventListener("focusin", note);
    };
  };
}

/** From near to far, and only inside. */
function placesOf(control: Element, root: Element): readonly Place[] {
  const places: Place[] = [];
  for (let around = control.parentElement; around && around !== root; around = around.parentElement) {
    places.push({ around, index: controlsIn(around).indexOf(control as HTMLElement) });
  }
  return places;
}

function heirOf(places: readonly Place[]): HTMLElement | undefined {
  for (const { around, index } of places) {
    const controls = around.isConnected ? controlsIn(around) : [];
    const heir = controls[Math.max(0, Math.min(index, controls.length - 1))];
    if (heir) return heir;
  }
  return undefined;
}

const controlsIn = (around: Element): HTMLElement[] =>
  [...around.querySelectorAll<HTMLElement>(CONTROLS)].filter((one) => one.tabIndex >= 0 && one.getClientRects().length > 0);

"""What of a page does not fit into its window."""

import time

from playwright.sync_api import Page

_SETTLES_WITHIN = 3
"""Seconds in which a page has taken in that its window has another size; it is told of it piece by piece."""

_OVERHANGS = r"""async () => {
  const room = document.documentElement, found = [];
  const isInside = (element) => {
    const { left, top, right, bottom } = element.getBoundingClientRect();
    return left >= 0 && top >= 0 && right <= room.clientWidth && bottom <= room.clientHeight;
  };
  const called = (element) =>
    `${element.tagName} ${element.getAttribute("aria-label") ?? element.textContent.trim().slice(0, 40)}`;
  for (const _ of "12") await new Promise(requestAnimationFrame);
  if (room.scrollWidth > room.clientWidth) found.push(`the page is ${room.scrollWidth} wide`);
  for (const layer of document.querySelectorAll("dialog[open], [role=menu]:popover-open")) {
    if (!isInside(layer)) found.push(`it leaves the window: ${called(layer)}`);
    if (layer.scrollWidth > layer.clientWidth) found.push(`it scrolls sideways: ${called(layer)}`);
  }
  for (const control of document.querySelectorAll(".tooltip button:not(:disabled)")) {
    if (!control.checkVisibility()) continue;
    control.focus({ focusVisible: true });
    if (document.activeElement !== control) continue; // behind a dialog
    await new Promise((done) => setTimeout(done));
    const words = control.parentElement.querySelector(".words");
    if (!words?.checkVisibility()) found.push(`no tooltip: ${called(control)}`);
    else if (!isInside(words)) found.push(`its tooltip leaves the window: ${called(control)}`);
    else if (!words.matches(":popover-open")) found.push(`its tooltip can be clipped: ${called(control)}`);
  }
  return [...new Set(found)];
}"""


def overhangs(page: Page) -> list[str]:
    """Return what is wider than the window or leaves it: page, dialogs, menus, and each button's tooltip."""
    deadline = time.monotonic() + _SETTLES_WITHIN
    while (found := page.evaluate(_OVERHANGS)) and time.monotonic() < deadline:
        page.wait_for_timeout(50)
    return list(found)

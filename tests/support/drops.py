"""Files that are dropped on a page, as far as a script can do what a hand does."""

import base64
from pathlib import Path

from playwright.sync_api import Page

_DRAG = """([types, files]) => {
  const data = new DataTransfer();
  for (const [name, base64] of files) {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    data.items.add(new File([bytes], name, { lastModified: 1700000000000 }));
  }
  const target = document.querySelector("main");
  return types.every((type) => {
    const event = new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true });
    return !target.dispatchEvent(event);
  });
}"""


def hold(page: Page, *paths: Path) -> bool:
    """Hold files over a page; return whether it keeps the browser from opening them."""
    return _drag(page, ["dragenter", "dragover"], paths)


def drop(page: Page, *paths: Path) -> bool:
    """Drop files on a page; return whether it keeps the browser from opening them."""
    return _drag(page, ["dragenter", "dragover", "drop"], paths)


def _drag(page: Page, types: list[str], paths: tuple[Path, ...]) -> bool:
    files = [[path.name, base64.b64encode(path.read_bytes()).decode()] for path in paths]
    return bool(page.evaluate(_DRAG, [types, files]))

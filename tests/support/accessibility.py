"""What axe finds on a page that people with disabilities would stumble over."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).parent.parent.parent / "web" / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = {"serious", "critical"}


AT_REST = """() => !document.getAnimations().some((animation) =>
    animation.playState === "running"
    && Number.isFinite(animation.effect.getComputedTiming().endTime))"""
"""What comes into view has half of its contrast; what is called off on its way is at rest too."""


OF_COLOURS = ["color-contrast", "link-in-text-block"]
"""Rules of axe whose answers differ in the dark."""


ONLY_FINDINGS = {"resultTypes": ["violations"], "preload": False}
"""Nothing about what is in order. What axe would load beforehand is for two rules that are never grave."""


RUN = """(options) => {
  const uppermost = [...document.querySelectorAll("dialog:modal")].at(-1) ?? document;
  return axe.run(uppermost, options).then(({ violations }) => violations);
}"""
"""What lies behind a dialog cannot be reached; it is a page of its own when that is closed."""


def stumbling_blocks(page: Page) -> list[str]:
    """Return axe's serious and critical findings, each with the elements it is about."""
    return _found(page, {})


def in_light_and_dark(page: Page) -> list[str]:
    """Return the same of a page that is light, and what it has besides in the dark."""
    light = stumbling_blocks(page)
    page.emulate_media(color_scheme="dark")
    dark = _found(page, {"runOnly": OF_COLOURS})
    page.emulate_media(color_scheme="light")
    return light + [f"dark: {one}" for one in dark]


def _found(page: Page, options: dict[str, list[str]]) -> list[str]:
    page.wait_for_function(AT_REST)
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    found: list[dict[str, Any]] = page.evaluate(RUN, {**ONLY_FINDINGS, **options})
    return [
        f"{one['id']}: {one['help']}: {[node['html'][:160] for node in one['nodes']]}"
        for one in found
        if one["impact"] in GRAVE
    ]

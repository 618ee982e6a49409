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


def stumbling_blocks(page: Page) -> list[str]:
    """Return axe's serious and critical findings, each with the elements it is about."""
    page.wait_for_function(AT_REST)
    page.evaluate(AXE.read_text())
    found: list[dict[str, Any]] = page.evaluate("axe.run().then(({ violations }) => violations)")
    return [
        f"{one['id']}: {one['help']}: {[node['html'][:160] for node in one['nodes']]}"
        for one in found
        if one["impact"] in GRAVE
    ]

"""Take the pictures in docs/images: the pages of a station with six channels, as a browser shows them.

    python -m tools.pictures FILMS     # a folder of some six videos with good names; the largest airs first

The station's server has a temporary data folder, and is gone afterwards. What Health shows of the last day is
invented, for the station is minutes old.
"""

import argparse
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, Page, Route, ViewportSize, expect, sync_playwright
from tests.support.builds import BUNDLED
from tests.support.server import running
from tests.support.upload import await_videos, until_ready, upload
from tools.browser import find

IMAGES = Path(__file__).parents[1] / "docs" / "images"
DESKTOP: ViewportSize = {"width": 1360, "height": 860}
PHONE: ViewportSize = {"width": 360, "height": 740}
THEMES = ("light", "dark")
FLAGS = ("--rungs", "720p,360p,240p")
SLOW = 120_000
"""Milliseconds that a page may take on a busy machine."""

PREVIEWED = 1000
"""Milliseconds until the preview shows, and before the controls hide again."""

ON_AIR = {"main": "Main", "nature": "Nature, all day long", "journeys": "Journeys", "card": "Test card"}
PAUSED = {"kids": "For the children"}
OFF = {"night": "Night programme"}

AIRED_SECONDS = 75
"""Until the minute behind the live edge is full, and the guide has something that aired."""


def main() -> None:
    """Build the station, and take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("films", type=Path, metavar="FILMS")
    films = sorted(parser.parse_args().films.iterdir(), key=lambda film: -film.stat().st_size)
    with tempfile.TemporaryDirectory() as folder, running(Path(folder) / "data", *FLAGS) as server:
        _build(server.url, films)
        with _browser() as browser:
            _take_all(browser, server.url)


@contextmanager
def _browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find())
        yield browser
        browser.close()


def _build(url: str, films: list[Path]) -> None:
    """Upload the films, make the channels of them, and let them air for a while."""
    with httpx.Client(base_url=url, timeout=300) as client:
        ids = [upload(client, film).raise_for_status().json()["data"]["id"] for film in films]
        await_videos(client, state="ready", within=1800)
        until_ready(client)
        for number, (slug, title) in enumerate({**ON_AIR, **PAUSED, **OFF}.items()):
            if slug != "main":
                client.post("/api/channels", json={"slug": slug, "title": title}).raise_for_status()
            videos = ids[number:] + ids[1:number]  # the longest would soon be on all channels at once
            client.put(f"/api/channels/{slug}/playlist", json={"videos": videos}).raise_for_status()
        for slug in {**ON_AIR, **PAUSED}:
            client.post(f"/api/channels/{slug}/stream/start").raise_for_status()
        for slug in PAUSED:
            client.post(f"/api/channels/{slug}/stream/pause").raise_for_status()
    time.sleep(AIRED_SECONDS)


def _take_all(browser: Browser, url: str) -> None:
    for theme in THEMES:
        page = _page(browser, theme, DESKTOP)
        _take_watch(page, url, theme)
        for name in ("library", "playlist", "channels", "guide", "health"):
            page.goto(f"{url}/studio/{name}")
            expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=SLOW)
            _settle(page)
            _save(page, f"{name}-{theme}")
        page.close()
    phone = _page(browser, "light", PHONE)
    phone.goto(f"{url}/studio/channels")
    _settle(phone)
    _save(phone, "channels-phone")


def _page(browser: Browser, theme: str, size: ViewportSize) -> Page:
    scheme: Any = theme
    density = 2 if size is PHONE else 1
    page = browser.new_page(viewport=size, color_scheme=scheme, device_scale_factor=density)
    page.route("**/api/health/history", _invent)
    return page


def _take_watch(page: Page, url: str, theme: str) -> None:
    """The pointer is above the scrubber, so that the preview shows."""
    page.goto(f"{url}/watch/main")
    page.locator(".screen[data-state=playing]").wait_for(timeout=SLOW)
    _settle(page)
    page.locator(".screen").hover()  # brings the controls
    scrubber = page.locator(".scrubber").bounding_box()
    assert scrubber is not None
    page.mouse.move(scrubber["x"] + 0.6 * scrubber["width"], scrubber["y"] + scrubber["height"] / 2)
    page.wait_for_timeout(PREVIEWED)
    _save(page, f"watch-{theme}")


def _settle(page: Page) -> None:
    """Let pictures load and what moves come to rest."""
    page.wait_for_load_state("load")
    page.wait_for_timeout(3000)


def _invent(route: Route) -> None:
    """Answer with a day as a station of some hundred viewers has it."""
    now = datetime.now(UTC)
    minutes = range(24 * 60)
    curves: dict[str, Callable[[int], float]] = {
        "viewers": lambda m: 95 + 70 * math.sin(m / 1440 * 2 * math.pi - 1.2) + 12 * math.sin(m / 37),
        "freshness": lambda m: 1.9 + 0.3 * math.sin(m / 11),
        "speed": lambda m: max(0.0, 6 * math.sin(m / 95) + 2.5 * math.sin(m / 7)),
        "loopLag": lambda m: 0.012 + 0.008 * abs(math.sin(m / 5)),
        "diskFree": lambda m: 380e9 - 25e6 * m + 6e9 * math.sin(m / 300),
    }
    times = [(now - timedelta(minutes=len(minutes) - m)).isoformat() for m in minutes]
    data = {
        name: [{"at": at, "value": curve(m)} for m, at in enumerate(times)] for name, curve in curves.items()
    }
    route.fulfill(json={"success": True, "data": data})


def _save(page: Page, name: str) -> None:
    with tempfile.NamedTemporaryFile(suffix=".png") as shot:
        page.screenshot(path=shot.name)
        command = [str(BUNDLED), "-nostdin", "-loglevel", "error", "-y", "-i", shot.name]
        subprocess.run([*command, "-quality", "85", str(IMAGES / f"{name}.webp")], check=True)
    sys.stdout.write(f"{name}.webp\n")


if __name__ == "__main__":
    main()

"""A real server and a real browser."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from tests.support import chromium
from tests.support.clips import make_clips
from tests.support.depth import DEEP
from tools.browser import find

expect.set_options(timeout=30_000)  # milliseconds; a busy machine is slower than the usual five seconds


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder drives a browser."""
    for item in items:
        if item.nodeid.startswith("tests/e2e/"):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="module")
def browser(shared: Path, request: pytest.FixtureRequest) -> Iterator[Browser]:
    """Chromium, without a window; for a module only, since Playwright occupies the event loop meanwhile."""
    program = find(whole=DEEP and request.node.get_closest_marker("whole_browser") is not None)
    if program is None:
        pytest.fail("There is no Chromium here. 'python tools/browser.py' installs one.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.connect(chromium.address(Path(program), shared))
        yield browser
        browser.close()


class Watched:
    """A page and everything that went wrong on it. requests: hosts that it asked for something."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.hosts: set[str] = set()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._on_console)
        page.on("request", lambda request: self.hosts.add(request.url.split("/")[2]))

    def _on_console(self, message: object) -> None:
        if getattr(message, "type", "") in {"error", "warning"}:
            self.complaints.append(str(getattr(message, "text", "")))

    def facts(self) -> dict[str, Any]:
        """Return what the player of the page noted."""
        facts: dict[str, Any] = self.page.evaluate("window.instaStream.facts")
        return facts

    def position(self) -> float:
        """Return the player's position in seconds."""
        return float(self.page.evaluate("document.querySelector('video').currentTime"))

    def wait_until(self, condition: str, seconds: float = 30) -> None:
        """Wait until a JavaScript expression is true; Playwright's own way is eval, forbidden by the page."""
        deadline = time.monotonic() + seconds
        while not self.page.evaluate(condition):
            assert time.monotonic() < deadline, f"not within {seconds} s: {condition}; {self.complaints}"
            self.page.wait_for_timeout(50)

    def wait_for_picture(self, seconds: float = 60) -> None:
        """Wait until the player shows the stream."""
        self.wait_until("document.querySelector('.screen')?.dataset.state === 'playing'", seconds)

    def must_play_on(self, seconds: float = 2) -> None:
        """Wait until the player has come `seconds` further."""
        self.wait_until(f"document.querySelector('video').currentTime > {self.position() + seconds}")


@contextmanager
def watching(browser: Browser, **context: Any) -> Iterator[Watched]:
    """A new page that is watched for errors. context: as Playwright's `new_page` takes it."""
    page = browser.new_page(**context)
    try:
        yield Watched(page)
    finally:
        page.close()


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:
    """A page as on a computer."""
    with watching(browser) as one:
        yield one


@pytest.fixture(scope="session")
def clips(shared: Path) -> list[Path]:
    """Three videos of six seconds."""
    return make_clips(shared, seconds=6)

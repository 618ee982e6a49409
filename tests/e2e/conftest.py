"""A real server and a real browser."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page, Request, ViewportSize, expect, sync_playwright
from tests.support import chromium
from tests.support.clips import make_clips
from tests.support.depth import DEEP, by_depth
from tools.browser import find

expect.set_options(timeout=30_000)  # milliseconds; a busy machine is slower than the usual five seconds

MOTION = by_depth("reduce", "no-preference")
"""A lamp that pulses is drawn sixty times a second for as long as a page is open."""

WINDOW: ViewportSize = {"width": 1280, "height": 720}

CLEAR = """() => {
  for (const one of document.querySelectorAll("[aria-label=Notifications] [aria-label=Dismiss]")) one.click();
  localStorage.clear();
  sessionStorage.clear();
}"""

COMES_TRUE = """async (milliseconds) => {
  const end = performance.now() + milliseconds;
  while (!(%s)) {
    if (performance.now() > end) return false;
    await new Promise((look) => setTimeout(look, 50));
  }
  return true;
}"""


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
        self._heard = {"pageerror": self._on_error, "console": self._on_console, "request": self._on_request}
        for event, listener in self._heard.items():
            page.on(event, listener)  # type: ignore[call-overload]

    def look_away(self) -> None:
        """Note nothing more."""
        for event, listener in self._heard.items():
            self.page.remove_listener(event, listener)

    def _on_error(self, error: object) -> None:
        self.complaints.append(str(error))

    def _on_request(self, request: Request) -> None:
        self.hosts.add(request.url.split("/")[2])

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
        """Wait until a JavaScript expression is true; Playwright's own way is eval, forbidden by the page.

        The page looks by itself: each question from here costs more than all that it does meanwhile.
        """
        deadline = time.monotonic() + seconds
        while not self._comes_true(condition, deadline - time.monotonic()):
            assert time.monotonic() < deadline, f"not within {seconds} s: {condition}; {self.complaints}"

    def _comes_true(self, condition: str, seconds: float) -> bool:
        """Say whether it became true before the time was over, or another page came."""
        try:
            return bool(self.page.evaluate(COMES_TRUE % condition, max(0.0, seconds) * 1000))
        except Error as error:
            if "context was destroyed" in str(error):
                return False
            raise

    def wait_for_picture(self, seconds: float = 60) -> None:
        """Wait until the player shows the stream."""
        self.wait_until("document.querySelector('.screen')?.dataset.state === 'playing'", seconds)

    def must_play_on(self, seconds: float = 2) -> None:
        """Wait until the player has come `seconds` further."""
        self.wait_until(f"document.querySelector('video').currentTime > {self.position() + seconds}")


@contextmanager
def watching(browser: Browser, **context: Any) -> Iterator[Watched]:
    """A new page that is watched for errors. context: as Playwright's `new_page` takes it."""
    page = browser.new_page(**{"reduced_motion": MOTION, **context})
    try:
        yield Watched(page)
    finally:
        page.close()


def lead(page: Page, path: str) -> None:
    """Go from one page of the Studio to another, as the browser's own buttons do: without loading it anew."""
    page.evaluate("(it) => { history.pushState(null, '', it); dispatchEvent(new Event('popstate')) }", path)


def rest(page: Page) -> None:
    """Go to a page of the Studio on which nothing happens."""
    lead(page, "/studio/about")
    expect(page.get_by_role("heading", level=1, name="About")).to_be_visible()


def visit(page: Page, url: str) -> None:
    """Open a page of the Studio; where this server's is loaded, clear it and go there from another page."""
    origin, _, path = url.partition("/studio")
    if page.url.startswith(f"{origin}/studio"):
        rest(page)
        page.evaluate(CLEAR)
        expect(page.get_by_role("status", name="Notifications")).to_have_text("")
        lead(page, f"/studio{path}")
    else:
        page.goto(url)


@pytest.fixture(scope="module")
def _kept() -> Iterator[list[Page]]:
    """The page that tests of a module have in turn."""
    pages: list[Page] = []
    yield pages
    for page in pages:
        page.close()


@pytest.fixture
def studio(browser: Browser, _kept: list[Page], request: pytest.FixtureRequest) -> Iterator[Watched]:
    """A page that `visit` need load once a module only, which costs a second; as an operator has it all day.

    A test that fails leaves none to the next.
    """
    page = _kept.pop() if _kept else browser.new_page(viewport=WINDOW, reduced_motion=MOTION)
    failed = request.session.testsfailed
    one = Watched(page)
    yield one
    one.look_away()
    if request.session.testsfailed > failed:
        page.close()
        return
    page.unroute_all()
    page.set_viewport_size(WINDOW)
    if "/studio" in page.url:
        rest(page)  # what plays there would complain when the next test begins another broadcast
    _kept.append(page)


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:
    """A page as on a computer."""
    with watching(browser) as one:
        yield one


@pytest.fixture(scope="session")
def clips(shared: Path) -> list[Path]:
    """Three videos of six seconds."""
    return make_clips(shared, seconds=6)

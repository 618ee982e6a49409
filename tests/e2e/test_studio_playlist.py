"""What an operator does: brings a playlist into order, puts it on the air, and sees when viewers see it."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from tests.e2e.conftest import Watched, visit, watching
from tests.support.accessibility import in_light_and_dark
from tests.support.seeds import plant
from tests.support.server import RunningServer, free_port, running
from tests.support.upload import start
from tests.support.waiting import eventually

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
MANY = 1000
SLOW = 60_000
"""Milliseconds that a busy machine may take."""


class Desk:
    """The API of the channel `main`, to see what the page has done."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def do(self, method: str, path: str, body: object = None) -> Any:
        """Ask for a path of the channel; return the reply's data."""
        reply = self.client.request(method, f"/api/channels/main/{path}", json=body)
        assert reply.is_success, reply.text
        return reply.json()["data"]

    def order(self) -> list[str]:
        """Return the entries as the server has them."""
        return [each["entry"] for each in self.do("GET", "playlist")["playlist"]]

    def await_order(self, order: list[str]) -> None:
        """Wait until the server has this order."""
        eventually(lambda: self.order() == order)

    def await_state(self, state: str) -> None:
        """Wait until the channel is in this state."""
        eventually(lambda: self.do("GET", "stream/status")["state"] == state)

    def await_calm(self) -> None:
        """Wait until an edit has some seconds before it reaches the air."""

        def is_calm() -> bool:
            border = datetime.fromisoformat(self.do("GET", "playlist/next-border")["borderAt"])
            return border > datetime.now(UTC) + timedelta(seconds=4)

        eventually(is_calm)

    def current(self) -> str | None:
        """Return the entry on the air."""
        current = self.do("GET", "playlist")["currentVideo"]
        return current and str(current["entry"])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, clips: list[Path]) -> Iterator[RunningServer]:
    """A library of three videos and the channel `main`, off the air."""
    data = plant(tmp_path_factory.mktemp("studio") / "data", "240p", clips)
    with running(data, "--rungs", "240p") as server:
        yield server


@pytest.fixture
def desk(server: RunningServer) -> Iterator[Desk]:
    """The channel `main` on the air with six entries, each video twice."""
    with httpx.Client(base_url=server.url, timeout=60) as client:
        desk = Desk(client)
        videos = sorted(each["id"] for each in client.get("/api/videos").json()["data"])
        desk.do("PUT", "playlist", {"videos": videos + videos})
        state = desk.do("GET", "stream/status")["state"]
        if state != "on":
            desk.do("POST", "stream/start" if state == "off" else "stream/resume")
        yield desk


def opened(watched: Watched, server: RunningServer) -> Page:
    """Open the playlist of `main` and wait until it is there."""
    visit(watched.page, f"{server.url}/studio/playlist/main")
    expect(rows(watched.page).first).to_be_visible(timeout=SLOW)
    return watched.page


def rows(page: Page) -> Locator:
    return page.get_by_role("grid", name="Playlist").get_by_role("row")


def shown(page: Page) -> list[str]:
    """Return the entries that the page shows, from top to bottom."""
    order: list[str] = page.evaluate(
        "[...document.querySelectorAll('[data-entry]')].map((row) => row.dataset.entry)"
    )
    return order


def handle(page: Page, entry: str) -> Locator:
    return page.locator(f"[data-entry='{entry}']").get_by_role("button", name=re.compile("^Move "))


def lamp(page: Page, word: str) -> None:
    """Wait until the transport shows a state."""
    transport = page.get_by_role("region", name="Playback controls")
    expect(transport.get_by_role("status")).to_have_text(word, timeout=SLOW)


# --- order


def test_the_mouse_moves_an_entry_and_undo_puts_it_back(
    studio: Watched, server: RunningServer, desk: Desk
) -> None:
    page, before = opened(studio, server), desk.order()
    start, goal = (page.locator(f"[data-entry='{before[n]}']").bounding_box() for n in (4, 1))
    assert start
    assert goal
    x = start["x"] + start["width"] / 2
    page.mouse.move(x, start["y"] + 30)
    page.mouse.down()
    page.mouse.move(x, goal["y"] + 30, steps=8)
    expect(page.get_by_test_id("effect")).to_contain_text(re.compile("Position 2 of 6.*Changes apply from"))
    desk.await_calm()  # the page says when it reaches viewers until it has
    page.mouse.up()
    expect(page.get_by_test_id("effect")).to_contain_text("goes on air at")
    after = [before[0], before[4], *before[1:4], before[5]]
    desk.await_order(after)
    assert shown(page) == after
    page.get_by_role("button", name="Undo the last edit").click()
    desk.await_order(before)
    assert studio.complaints == []


def test_the_keyboard_moves_an_entry(studio: Watched, server: RunningServer, desk: Desk) -> None:
    page, before = opened(studio, server), desk.order()
    handle(page, before[0]).focus()
    said = page.get_by_role("status", name="Moving")
    page.keyboard.press("Space")
    expect(said).to_contain_text("picked up at position 1 of 6")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(said).to_contain_text("position 3 of 6")
    expect(handle(page, before[0])).to_be_focused()
    page.keyboard.press("Escape")
    expect(said).to_contain_text("put back")
    assert shown(page) == before
    page.keyboard.press("Enter")
    page.keyboard.press("End")
    expect(said).to_contain_text("position 6 of 6")
    page.keyboard.press("Enter")
    expect(said).to_contain_text("dropped")
    desk.await_order([*before[1:], before[0]])
    expect(handle(page, before[0])).to_be_focused()
    page.keyboard.press("Control+z")
    desk.await_order(before)
    assert studio.complaints == []


def test_a_finger_moves_an_entry(browser: Browser, server: RunningServer, desk: Desk) -> None:
    with watching(browser, **PHONE) as watched:
        page, before = opened(watched, server), desk.order()
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        handle(page, before[1]).scroll_into_view_if_needed()
        box = handle(page, before[1]).bounding_box()
        assert box
        finger = page.context.new_cdp_session(page)

        def touch(kind: str, down: float) -> None:
            points = [] if kind == "touchEnd" else [{"x": box["x"] + 18, "y": box["y"] + 30 + down}]
            finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

        touch("touchStart", 0)
        for down in (-20, -50, -80):
            touch("touchMove", down)
        touch("touchEnd", 0)
        desk.await_order([before[1], before[0], *before[2:]])
        assert watched.complaints == []


def test_several_are_chosen_and_removed_and_come_back(
    studio: Watched, server: RunningServer, desk: Desk
) -> None:
    page, before = opened(studio, server), desk.order()
    boxes = page.get_by_role("checkbox", name=re.compile("^Select "))
    boxes.nth(1).click()
    boxes.nth(3).click(modifiers=["Shift"])
    expect(page.get_by_text("3 selected")).to_be_visible()
    page.get_by_role("button", name="Remove", exact=True).click()
    desk.await_order([before[0], *before[4:]])
    news = page.get_by_role("status", name="Notifications")
    expect(news).to_contain_text(re.compile("3 videos removed; viewers see the change at .*"))
    news.get_by_role("button", name="Undo").click()
    desk.await_order(before)
    expect(news).to_contain_text("The last edit was undone; viewers see the change at")
    news.get_by_role("button", name="Redo").click()
    desk.await_order([before[0], *before[4:]])
    expect(news).to_contain_text("The edit was redone; viewers see the change at")
    news.get_by_role("button", name="Undo").click()
    desk.await_order(before)
    assert studio.complaints == []


def added_last(desk: Desk, count: int) -> list[str]:
    """Return the names at the end of the playlist."""
    return [each["name"] for each in desk.do("GET", "playlist")["playlist"]][-count:]


def test_videos_of_the_library_are_added(studio: Watched, server: RunningServer, desk: Desk) -> None:
    page, before = opened(studio, server), desk.order()
    page.get_by_role("button", name="Add videos").click()
    dialog = page.get_by_role("dialog", name="Add videos")
    boxes = dialog.get_by_role("group", name="Videos of the library").get_by_role("checkbox")
    dialog.get_by_role("searchbox").fill("clip-1")
    expect(boxes).to_have_count(1)
    boxes.check()
    dialog.get_by_role("searchbox").fill("clip")
    boxes.and_(dialog.get_by_label(re.compile("clip-0"))).check()
    expect(dialog.get_by_role("status")).to_have_text("2 selected, 0:12")
    dialog.get_by_role("button", name="Add at the end").click()
    expect(rows(page)).to_have_count(len(before) + 2)
    assert added_last(desk, 2) == ["clip-1.mp4", "clip-0.mp4"]
    page.get_by_role("button", name="Add videos").click()
    dialog.get_by_role("button", name="Sort", exact=True).click()
    page.get_by_role("menuitemradio", name="Newest first").click()
    boxes.first.click()
    boxes.last.click(modifiers=["Shift"])
    dialog.get_by_role("button", name="Add at the end").click()
    expect(rows(page)).to_have_count(len(before) + 5)
    assert added_last(desk, 3) == ["clip-0.mp4", "clip-1.mp4", "clip-2.mp4"]
    page.get_by_role("button", name="Add videos").click()
    dialog.get_by_role("checkbox", name="Select all").check()
    dialog.get_by_role("checkbox", name="Select all").uncheck()
    expect(dialog.get_by_role("status")).to_have_text("Nothing selected")
    dialog.get_by_role("checkbox", name="Hide those in the playlist").check()
    expect(dialog.get_by_text("Every video in the library is already in the playlist")).to_be_visible()
    page.go_back()
    expect(dialog).to_be_hidden()
    expect(page).to_have_url(f"{server.url}/studio/playlist/main")
    assert studio.complaints == []


def test_a_playlist_is_searched_and_sorted_once(studio: Watched, server: RunningServer, desk: Desk) -> None:
    page, before = opened(studio, server), desk.order()
    names = {each["entry"]: each["name"] for each in desk.do("GET", "playlist")["playlist"]}
    page.keyboard.press("Control+f")
    page.keyboard.type("CLIP 1")
    search = page.get_by_role("search", name="Find in the playlist")
    expect(search.get_by_role("status")).to_have_text("1 of 2")
    page.keyboard.press("Enter")
    expect(search.get_by_role("status")).to_have_text("2 of 2")
    found = [entry for entry in before if names[entry] == "clip-1.mp4"]
    page.keyboard.press("Escape")
    expect(search).to_be_hidden()
    expect(page.locator(f"[data-entry='{found[1]}'] :focus")).to_have_count(1)
    page.get_by_role("button", name="Sort the playlist").click()
    page.get_by_role("menuitem", name="By name").click()
    by_name = sorted(before, key=lambda entry: names[entry])
    desk.await_order(by_name)
    assert shown(page) == by_name
    news = page.get_by_role("status", name="Notifications")
    expect(news).to_contain_text(re.compile("Playlist sorted by name; viewers see the change at .*"))
    news.get_by_role("button", name="Undo").click()
    eventually(lambda: shown(page) == before)
    boxes = page.get_by_role("checkbox", name=re.compile("^Select "))
    for place in (0, 2):
        boxes.nth(place).click()
    page.get_by_role("button", name="Sort the selected videos").click()
    page.get_by_role("menuitem", name="Reverse").click()
    desk.await_order([before[2], before[1], before[0], *before[3:]])
    assert studio.complaints == []


# --- transport


def test_pause_shows_the_slate_and_resume_goes_on(studio: Watched, server: RunningServer, desk: Desk) -> None:
    page = opened(studio, server)
    expect(page.locator(".monitor[data-state=playing]")).to_be_visible(timeout=SLOW)
    lamp(page, "ON AIR")
    page.get_by_role("button", name="Pause").click()
    desk.await_state("paused")
    lamp(page, "PAUSED")
    expect(page.get_by_role("heading", name="Viewers see the standby picture")).to_be_visible()
    expect(page.get_by_test_id("effect")).to_be_hidden()
    position = studio.position()
    studio.wait_until(f"document.querySelector('video').currentTime > {position + 3}", 60)
    page.get_by_role("button", name="Resume").click()
    desk.await_state("on")
    lamp(page, "ON AIR")
    stop, question = page.get_by_role("button", name="Stop"), page.get_by_role("alertdialog")
    stop.dblclick()  # a finger that trembles
    expect(question).to_contain_text("watching")
    expect(question.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Escape")
    expect(question).to_be_hidden()
    assert desk.do("GET", "stream/status")["state"] == "on"
    stop.click()
    question.get_by_role("button", name="Stop").click()
    desk.await_state("off")
    lamp(page, "OFF AIR")
    page.get_by_role("button", name="Start", exact=True).click()
    desk.await_state("on")
    lamp(page, "ON AIR")
    assert studio.hosts == {server.url.removeprefix("http://")}
    assert studio.complaints == []


def test_the_keyboard_stays_where_it_works(studio: Watched, server: RunningServer, desk: Desk) -> None:
    page = opened(studio, server)

    def press(name: str, then: str) -> None:
        button = page.get_by_role("button", name=name, exact=True)
        expect(button).to_be_enabled(timeout=SLOW)  # not while the deed before is under way
        button.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name=then, exact=True)).to_be_focused(timeout=SLOW)

    page.keyboard.press("Tab")  # by the keyboard from here on
    press("Pause", "Resume")
    press("Resume", "Pause")
    before = desk.current()
    press("Skip", "Skip")
    eventually(lambda: desk.current() != before)
    expect(page.get_by_role("button", name="Skip", exact=True)).to_be_focused()
    press("Stop", "Cancel")
    answer(page, "Stop")
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_focused(timeout=SLOW)
    press("Start", "Pause")
    lamp(page, "ON AIR")
    handle(page, shown(page)[0]).focus()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    expect(page.get_by_role("alertdialog")).to_contain_text("nothing left to show")
    answer(page, "Remove")
    expect(rows(page)).to_have_count(0)
    expect(page.get_by_role("region", name="Entries").locator(".empty :focus")).to_have_count(1)
    page.keyboard.press("Control+z")
    expect(rows(page).first).to_be_visible()
    expect(page.get_by_role("region", name="Entries").locator(":focus")).to_have_count(1)
    assert studio.complaints == []


def answer(page: Page, name: str) -> None:
    """Give the answer beside the safe one, by keyboard."""
    page.keyboard.press("Tab")
    expect(page.get_by_role("alertdialog").get_by_role("button", name=name)).to_be_focused()
    page.keyboard.press("Enter")


def test_jump_and_skip_go_on_with_another_entry_and_back(
    studio: Watched, server: RunningServer, desk: Desk
) -> None:
    page, order = opened(studio, server), desk.order()
    eventually(lambda: desk.current() in order)
    at = order.index(desk.current() or "")
    goal = (at + 3) % len(order)
    go = page.locator(f"[data-entry='{order[goal]}']").get_by_role("button", name=re.compile("^Play .* now"))
    go.hover()
    expect(page.get_by_test_id("effect")).to_contain_text("On air at", timeout=SLOW)
    go.click()
    news = page.get_by_role("status", name="Notifications")
    expect(news).to_contain_text("Playing “")
    news.get_by_role("button", name="Undo").click()
    expect(news).to_contain_text("Back to “")
    news.get_by_role("button", name="Redo").click()
    eventually(lambda: desk.current() == order[goal])
    expect(page.locator(f"[data-entry='{order[goal]}']")).to_contain_text("ON AIR")
    page.get_by_role("button", name="Skip").click()
    expect(news).to_contain_text("Skipped to “")
    eventually(lambda: desk.current() == order[(goal + 1) % len(order)])
    assert studio.complaints == []


@pytest.mark.deep
def test_the_transport_outlives_the_server(watched: Watched, clips: list[Path], tmp_path: Path) -> None:
    data, port, page = plant(tmp_path / "data", "240p", clips), free_port(), watched.page
    skip, fault = page.get_by_role("button", name="Skip"), page.get_by_role("alert")
    age = "parseInt(document.querySelector('.age')?.textContent.match(/\\d+/))"
    with running(data, "--rungs", "240p", port=port) as server:
        start(server)
        opened(watched, server)
        lamp(page, "ON AIR")
        watched.wait_until(f"{age} >= 0", 60)
        watched.must_play_on(3)
        usual = page.evaluate(age)
        page.route(re.compile("/stream/skip$"), lambda route: route.abort())
        skip.click()
        expect(fault).to_contain_text("Cannot reach the server")
        server.kill()
        expect(skip).to_be_disabled()
        expect(page.get_by_role("button", name="Stop")).to_be_disabled()
        watched.wait_until(f"!({age} < {usual + 10})", 60)  # the picture stands still, or was given up
        page.set_viewport_size({"width": 360, "height": 740})
        expect(page.get_by_text("Reconnecting")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == 360
    with running(data, "--rungs", "240p", port=port):
        expect(skip).to_be_enabled(timeout=SLOW)
        expect(fault).to_be_hidden()
        watched.wait_until(f"{age} < {usual + 8}", 60)


def test_two_studios_stay_in_step(browser: Browser, server: RunningServer, desk: Desk) -> None:
    with watching(browser) as one, watching(browser) as other:
        mine, theirs = opened(one, server), opened(other, server)
        before = desk.order()
        goal = [*before[1:], before[0]]
        # What the other browser shows is noted there, by its own clock: both run on this machine.
        theirs.evaluate(
            """(goal) => { const look = () => {
              const seen = [...document.querySelectorAll('[data-entry]')].map((row) => row.dataset.entry);
              if (seen.join() === goal) window.seenAt = Date.now(); else requestAnimationFrame(look);
            }; look(); }""",
            ",".join(goal),
        )
        handle(mine, before[0]).focus()
        for key in ("Space", "End"):
            mine.keyboard.press(key)
        mine.evaluate(
            "addEventListener('click', () => (window.droppedAt = Date.now()), { capture: true, once: true })"
        )
        mine.keyboard.press("Space")
        other.wait_until("window.seenAt > 0")
        late = theirs.evaluate("window.seenAt") - mine.evaluate("window.droppedAt")
        assert late < 5000, late
        mine.get_by_role("button", name="Pause").click()
        for page in (mine, theirs):
            lamp(page, "PAUSED")
        assert one.complaints == other.complaints == []


# --- everybody


def test_a_thousand_entries_are_drawn_as_few(studio: Watched, server: RunningServer, desk: Desk) -> None:
    videos = [each["id"] for each in desk.client.get("/api/videos").json()["data"]]
    entries = desk.do("POST", "playlist", {"videos": [videos[n % 3] for n in range(MANY)]})["entries"]
    page = opened(studio, server)
    expect(page.get_by_text(f"{MANY + 6:,} entries")).to_be_visible()
    assert rows(page).count() < 60
    handle(page, desk.order()[0]).focus()
    page.keyboard.press("End")
    expect(handle(page, entries[-1])).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Home")
    page.keyboard.press("Space")
    eventually(lambda: desk.order()[0] == entries[-1])
    assert rows(page).count() < 60
    assert studio.complaints == []


def test_nobody_stumbles(browser: Browser, server: RunningServer, desk: Desk) -> None:
    with watching(browser, reduced_motion="reduce") as watched:
        page = opened(watched, server)
        lamp(page, "ON AIR")
        assert in_light_and_dark(page) == []
        page.get_by_role("checkbox", name=re.compile("^Select ")).first.click()
        handle(page, desk.order()[1]).focus()
        page.keyboard.press("Space")
        assert in_light_and_dark(page) == []
        page.keyboard.press("Escape")
        page.keyboard.press("Control+f")
        page.keyboard.type("clip")
        assert in_light_and_dark(page) == []
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Add videos").click()
        expect(page.get_by_role("dialog").get_by_role("checkbox").first).to_be_visible()
        assert in_light_and_dark(page) == []
        assert watched.complaints == []

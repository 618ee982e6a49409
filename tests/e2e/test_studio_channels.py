"""What an operator does with channels: sees, makes, changes and deletes them, and is often not alone."""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from tests.e2e.conftest import Watched, lead, visit, watching
from tests.support.accessibility import in_light_and_dark, stumbling_blocks
from tests.support.fit import overhangs
from tests.support.seeds import plant
from tests.support.server import RunningServer, free_port, running
from tests.support.waiting import eventually

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
SLOW = 60_000
"""Milliseconds that a busy machine may take."""


class Desk:
    """The API, to do what another operator does and to see what the page has done."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def do(self, method: str, path: str, body: object = None) -> Any:
        """Ask for a path under /api/channels; return the reply's data."""
        reply = self.client.request(method, f"/api/channels{path}", json=body)
        assert reply.is_success, reply.text
        return reply.json().get("data")

    def channels(self) -> dict[str, Any]:
        """Return the channels by slug."""
        return {each["slug"]: each for each in self.do("GET", "")["channels"]}

    def make(self, slug: str, title: str, **settings: object) -> None:
        self.do("POST", "", {"slug": slug, "title": title, **settings})

    def videos(self) -> dict[str, str]:
        """Return the ids of the videos by name."""
        return {each["name"]: each["id"] for each in self.client.get("/api/videos").json()["data"]}

    def put_on_the_air(self, slug: str) -> None:
        self.do("PUT", f"/{slug}/playlist", {"videos": sorted(self.videos().values())})
        self.do("POST", f"/{slug}/stream/start")
        eventually(lambda: self.channels()[slug]["onAir"])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, clips: list[Path]) -> Iterator[RunningServer]:
    """A library of three videos, and the channel `main`, off the air."""
    data = plant(tmp_path_factory.mktemp("channels") / "data", "360p,240p", clips)
    with running(data, "--rungs", "360p,240p") as server:
        yield server


@pytest.fixture
def desk(server: RunningServer) -> Iterator[Desk]:
    """The channel `main` alone, off the air; what a test makes is gone after it."""
    with httpx.Client(base_url=server.url, timeout=60) as client:
        desk = Desk(client)
        yield desk
        for slug, channel in desk.channels().items():
            if channel["state"] != "off":
                desk.do("POST", f"/{slug}/stream/stop")
            if slug != "main":
                desk.do("DELETE", f"/{slug}")


def opened(watched: Watched, server: RunningServer, path: str = "") -> Page:
    """Open the page, or one of its dialogs, and wait until the channels are there."""
    visit(watched.page, f"{server.url}/studio/channels{path}")
    expect(tile(watched.page, "main")).to_be_visible(timeout=SLOW)
    return watched.page


def tile(page: Page, slug: str) -> Locator:
    return page.locator(f"[data-channel='{slug}']")


def tiles(page: Page) -> Locator:
    return page.get_by_role("list", name="Channels").locator("[data-channel]")


def choose(page: Page, slug: str, deed: str) -> None:
    """Choose a line of a channel's menu."""
    tile(page, slug).get_by_role("button", name=re.compile("^More for")).click()
    page.get_by_role("menuitem", name=deed).click()


def form(page: Page) -> Locator:
    """Return the dialog with a channel's settings."""
    dialog = page.get_by_role("dialog", name=re.compile("^Settings of"))
    expect(dialog).to_be_visible(timeout=SLOW)
    return dialog


def news(page: Page) -> Locator:
    return page.get_by_role("status", name="Notifications")


def refused(code: str, message: str) -> str:
    """Return what a server says that knows better than the page."""
    return json.dumps({"success": False, "code": code, "message": message})


# --- seeing


def test_a_channel_that_cannot_be_read_says_so_and_begins_anew(watched: Watched, tmp_path: Path) -> None:
    """On the way, a server that is away is said, and nothing typed is lost."""
    data, port = tmp_path / "data", free_port()
    with running(data, "--rungs", "240p", port=port) as server:
        httpx.post(f"{server.url}/api/channels", json={"slug": "kids", "title": "Kids"}).raise_for_status()
        page = opened(watched, server, "/new")
        dialog = page.get_by_role("dialog", name="New channel")
        dialog.get_by_label("Title").fill("Late news")
        server.kill()
        dialog.get_by_role("button", name="Create").click()
        expect(dialog.get_by_role("alert")).to_contain_text("Cannot reach the server")
    with closing(sqlite3.connect(data / "insta-stream.db")) as database, database:
        database.execute("UPDATE channel SET timeline = '{' WHERE slug = 'kids'")
    with running(data, "--rungs", "240p", port=port) as server:
        dialog.get_by_role("button", name="Create").click()
        expect(tile(page, "late-news")).to_be_visible(timeout=SLOW)
        watched.complaints.clear()
        page = opened(watched, server)
        kids = tile(page, "kids")
        expect(kids).to_contain_text("BROKEN")
        expect(kids).to_contain_text("This channel's stored data cannot be read")
        expect(tile(page, "main")).to_contain_text("OFF AIR")
        health = httpx.get(f"{server.url}/api/health").json()["data"]
        (check,) = (each for each in health["checks"] if each["name"] == "channels")
        assert "“Kids”" in check["message"]
        assert "Start it" in check["remedy"]
        kids.get_by_role("button", name="Start again").click()
        expect(kids).to_contain_text("STANDBY", timeout=SLOW)  # it has no videos
        expect(kids).not_to_contain_text("cannot be read")
        leads_from_standby_to_its_remedy(page)
        assert watched.complaints == []


def leads_from_standby_to_its_remedy(page: Page) -> None:
    """Go from the channels to the dialog that adds videos to the one of them whose playlist is empty."""
    page.get_by_role("radio", name="Standby 1").check(force=True)
    expect(tiles(page)).to_have_count(1)
    expect(tile(page, "kids")).to_contain_text("Its playlist is empty.")
    assert stumbling_blocks(page) == []
    tile(page, "kids").get_by_role("link", name="Add videos: Kids").click()
    expect(page.get_by_role("dialog", name="Add videos")).to_be_visible(timeout=SLOW)
    assert page.url.endswith("/studio/playlist/kids")  # a reload opens no dialog
    page.keyboard.press("Escape")
    transport = page.get_by_role("region", name="Playback controls")
    expect(transport.get_by_role("status").first).to_have_text("STANDBY")
    expect(transport).to_contain_text("Its playlist is empty.")
    assert stumbling_blocks(page) == []


@pytest.mark.deep
def test_what_is_on_the_air_is_seen_and_moves(watched: Watched, server: RunningServer, desk: Desk) -> None:
    desk.make("kids", "For the children")
    page = opened(watched, server)
    kids = tile(page, "kids")
    expect(kids).to_contain_text("OFF AIR")
    expect(kids).to_contain_text("The playlist is empty")
    desk.put_on_the_air("kids")
    expect(kids).to_contain_text("ON AIR", timeout=SLOW)
    expect(kids).to_contain_text(re.compile(r"clip-\d\.mp4.*until"))
    expect(kids.get_by_role("progressbar")).to_be_visible()
    picture = kids.locator(".thumbnail")
    where = "getComputedStyle(document.querySelector('[data-channel=kids] .thumbnail')).backgroundPosition"
    expect(picture).to_be_visible()
    before = page.evaluate(where)
    watched.wait_until(f"{where} !== '{before}'")
    desk.do("POST", "/kids/stream/pause")
    expect(kids).to_contain_text("PAUSED", timeout=SLOW)
    expect(kids).to_contain_text("viewers see the standby picture", timeout=SLOW)
    desk.do("POST", "/kids/stream/stop")
    expect(kids).to_contain_text("Off air", timeout=SLOW)
    assert watched.hosts == {server.url.removeprefix("http://")}
    assert watched.complaints == []


def test_ways_lead_from_a_channel(studio: Watched, server: RunningServer, desk: Desk) -> None:
    desk.make("kids", "For the children")
    page = opened(studio, server)
    for label, path in [("Playlist", "studio/playlist"), ("Guide", "studio/guide"), ("Watch", "watch")]:
        way = tile(page, "kids").get_by_role("link", name=f"{label}: For the children")
        expect(way).to_have_attribute("href", f"/{path}/kids")
    page.set_viewport_size({"width": 500, "height": 300})
    page.get_by_role("searchbox").fill("child")
    page.get_by_role("radio", name="Off").check(force=True)
    expect(tile(page, "main")).to_be_hidden()
    page.evaluate("scrollTo(0, 120)")
    studio.wait_until("scrollY === 120")
    tile(page, "kids").locator("h2 a").evaluate("(link) => link.click()")
    expect(page.get_by_role("button", name="Channel: For the children")).to_be_visible(timeout=SLOW)
    page.go_back()
    expect(tile(page, "kids")).to_be_visible()
    expect(tile(page, "main")).to_be_hidden()
    expect(page.get_by_role("searchbox")).to_have_value("child")
    studio.wait_until("scrollY === 120")
    assert studio.complaints == []


def test_addresses_are_copied(browser: Browser, server: RunningServer, desk: Desk) -> None:
    desk.make("kids", 'The "Children" & more')
    with watching(browser, permissions=["clipboard-read", "clipboard-write"]) as watched:
        page = opened(watched, server)
        clipboard = "navigator.clipboard.readText()"
        choose(page, "kids", "Copy the address of the stream")
        only_here = "127.0.0.1 works on this computer only."
        expect(news(page)).to_contain_text(f"was copied. {only_here}")
        assert page.evaluate(clipboard) == f"{server.url}/stream/kids/stream.m3u8"
        choose(page, "kids", "Share")
        page.get_by_role("button", name="Copy: Embed in a page").click()
        expect(page.get_by_role("button", name="Copy: Embed in a page")).to_have_text("Copied")
        code = page.evaluate(clipboard)
        assert f'src="{server.url}/embed/kids"' in code
        assert "The &quot;Children&quot; &amp; more" in code
        expect(page.get_by_role("dialog")).to_contain_text(only_here)
        page.keyboard.press("Escape")
        page.get_by_role("button", name="TV app links").click()
        expect(page.get_by_role("dialog")).to_contain_text(only_here)
        for label, path in [("Copy: Channels (M3U)", "channels.m3u"), ("Copy: Guide (XMLTV)", "guide.xml")]:
            page.get_by_role("button", name=label).click()
            expect(page.get_by_role("button", name=label)).to_have_text("Copied")
            assert page.evaluate(clipboard) == f"{server.url}/{path}"
            assert desk.client.get(f"/{path}").is_success
        assert watched.complaints == []


def test_a_hundred_channels_are_searched(studio: Watched, server: RunningServer, desk: Desk) -> None:
    for number in range(100):
        desk.make(f"c-{number}", f"Channel {number} {'news' if number % 10 == 0 else 'films'}")
    desk.put_on_the_air("c-20")
    page = opened(studio, server)
    expect(tiles(page)).to_have_count(101, timeout=SLOW)
    search = page.get_by_role("searchbox", name="Search channels")
    search.fill("news 2")
    expect(tiles(page)).to_have_count(1)
    search.fill("NEWS")
    expect(tiles(page)).to_have_count(10)
    page.get_by_role("radio", name=re.compile("^On air 1")).check(force=True)
    expect(tiles(page)).to_have_count(1)
    expect(tile(page, "c-20")).to_be_visible()
    desk.do("POST", "/c-20/stream/stop")
    expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()
    page.get_by_role("button", name="Show all").click()
    expect(tiles(page)).to_have_count(101)
    assert studio.complaints == []


# --- creating


def test_a_channel_is_made_by_the_keyboard(studio: Watched, server: RunningServer, desk: Desk) -> None:
    page = opened(studio, server)
    page.get_by_role("link", name="New channel").press("Enter")
    dialog = page.get_by_role("dialog", name="New channel")
    expect(dialog.get_by_label("Title")).to_be_focused()
    page.keyboard.type("Große Bühne")
    expect(dialog.get_by_label("URL name")).to_have_value("grosse-buhne")
    expect(dialog).to_contain_text("cannot be changed")
    expect(dialog.get_by_role("status", name="Address")).to_have_text(f"{server.url}/watch/grosse-buhne")
    page.keyboard.press("Tab")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("Kids")
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(tile(page, "kids").locator("h2 a")).to_be_focused(timeout=SLOW)
    expect(tile(page, "kids")).to_contain_text("The playlist is empty")
    assert desk.channels()["kids"]["title"] == "Große Bühne"
    assert page.url == f"{server.url}/studio/channels"
    page.go_back()
    expect(page).to_have_url(f"{server.url}/studio/channels")
    expect(dialog).to_be_hidden()
    assert studio.complaints == []


def test_names_that_cannot_be_are_refused_beside_the_field(
    studio: Watched, server: RunningServer, desk: Desk
) -> None:
    desk.make("kids", "Kids")
    page = opened(studio, server, "/new")
    dialog = page.get_by_role("dialog", name="New channel")
    title, slug = dialog.get_by_label("Title"), dialog.get_by_label("URL name")
    dialog.get_by_role("button", name="Create").click()
    expect(title).to_have_accessible_description(re.compile("Enter a title"))
    expect(title).to_be_focused()
    title.fill("Kids")
    expect(slug).to_have_value("kids-2")
    for typed, sentence in [
        ("kids", "There is already a channel “kids”"),
        ("studio", "“studio” is reserved"),
        ("a b", "Use only lower-case letters"),
        ("-a", "Start and end with"),
        ("x" * 64, "at most 63"),
    ]:
        slug.fill(typed)
        expect(slug).to_have_accessible_description(re.compile(sentence))
        expect(slug).to_have_attribute("aria-invalid", "true")
        dialog.get_by_role("button", name="Create").click()
        expect(dialog).to_be_visible()
    slug.fill("")
    expect(slug).to_have_value("kids-2")
    assert set(desk.channels()) == {"main", "kids"}
    assert studio.complaints == []


def test_the_server_has_the_last_word(studio: Watched, server: RunningServer, desk: Desk) -> None:
    page = opened(studio, server, "/new")
    dialog = page.get_by_role("dialog", name="New channel")
    refusal = refused("reserved_slug", "The `slug` “tv” is reserved; choose another one.")
    page.route("**/api/channels", lambda route: route.fulfill(status=400, body=refusal))
    dialog.get_by_label("Title").fill("TV")
    dialog.get_by_role("button", name="Create").click()
    slug = dialog.get_by_label("URL name")
    expect(slug).to_have_accessible_description(re.compile("The URL name “tv” is reserved"))
    slug.fill("tv-1")
    expect(slug).not_to_have_attribute("aria-invalid", "true")
    page.unroute("**/api/channels")
    desk.make("tv-1", "From elsewhere")
    expect(slug).to_have_accessible_description(re.compile("There is already a channel “tv-1”"))
    slug.fill("tv-2")
    dialog.get_by_role("button", name="Create").click()
    expect(tile(page, "tv-2")).to_be_visible(timeout=SLOW)
    assert [each for each in studio.complaints if "400" not in each] == []


# --- settings


def test_settings_are_changed_and_taken_back(studio: Watched, server: RunningServer, desk: Desk) -> None:
    desk.make("kids", "Kids", windowSeconds=60)
    desk.put_on_the_air("kids")
    page = opened(studio, server)
    choose(page, "kids", "Title and settings")
    dialog = form(page)
    expect(dialog.get_by_label("Title")).to_be_focused()
    dialog.get_by_label("Title").fill("  Family ")
    dialog.get_by_role("checkbox", name=re.compile("^360p 640 . 360")).uncheck()
    expect(dialog).to_contain_text("On air now: 360p, 240p. Your choice applies from the next start.")
    dialog.get_by_role("button", name="1 hour").click()
    expect(dialog.get_by_label("Rewind limit")).to_have_value("1")
    dialog.get_by_label("Rewind limit").fill("1,5")
    dialog.get_by_role("button", name="Choose a video").click()
    shelf = page.get_by_role("dialog", name="Choose the standby picture")
    shelf.get_by_role("searchbox").fill("clip-1")
    shelf.get_by_role("radio", name=re.compile("clip-1")).check()
    shelf.get_by_role("button", name="Use this video").click()
    expect(shelf).to_be_hidden()
    expect(dialog.get_by_role("group", name="Standby picture")).to_contain_text("clip-1.mp4")
    expect(dialog).to_contain_text("If this video is deleted, the built-in standby picture replaces it")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    expect(news(page)).to_contain_text("from the next start")
    after = desk.channels()["kids"]
    assert (after["title"], after["rungs"], after["windowSeconds"]) == ("Family", ["240p"], 5400)
    assert (after["slate"], after["rungsOnAir"]) == (desk.videos()["clip-1.mp4"], ["360p", "240p"])
    kids = tile(page, "kids")
    expect(kids).to_contain_text("90 minutes back")
    expect(kids).to_contain_text("Still 360p, 240p until the next start")
    news(page).get_by_role("button", name="Undo").click()
    expect(kids.get_by_role("heading", name="Kids")).to_be_visible()
    after = desk.channels()["kids"]
    assert (after["rungs"], after["windowSeconds"], after["slate"]) == (["360p", "240p"], 60, None)
    assert studio.complaints == []


def test_settings_that_make_no_sense_are_refused_beside_their_fields(
    studio: Watched, server: RunningServer, desk: Desk
) -> None:
    page = opened(studio, server, "/main")
    dialog, save = form(page), form(page).get_by_role("button", name="Save")
    for box in dialog.get_by_role("checkbox").all():
        box.uncheck()
    expect(dialog.get_by_role("group", name="Qualities")).to_have_accessible_description(
        re.compile("Choose at least one quality")
    )
    window = dialog.get_by_label("Rewind limit")
    window.fill("25")
    dialog.get_by_label("Unit").select_option("hours")
    expect(window).to_have_accessible_description(re.compile("from 1 second to 24 hours"))
    dialog.get_by_label("Title").fill(" ")
    expect(dialog.get_by_label("Title")).to_have_accessible_description(re.compile("Enter a title"))
    before = desk.channels()["main"]
    page.set_viewport_size({"width": 360, "height": 500})  # the fault is far above the button
    save.click()
    expect(dialog).to_be_visible()
    expect(dialog.get_by_label("Title")).to_be_focused()
    expect(dialog.get_by_text("Enter a title")).to_be_in_viewport()
    assert desk.channels()["main"] == before
    assert studio.complaints == []


@pytest.mark.usefixtures("desk")
def test_what_the_server_refuses_is_said_beside_the_field(studio: Watched, server: RunningServer) -> None:
    page = opened(studio, server, "/main")
    dialog = form(page)
    refusal = refused("bad_window", "`windowSeconds` must be between 1 and 60.")
    page.route("**/api/channels/main", lambda route: route.fulfill(status=400, body=refusal))
    window = dialog.get_by_label("Rewind limit")
    window.fill("7")
    dialog.get_by_role("button", name="Save").click()
    expect(window).to_have_accessible_description(re.compile("The length in seconds must be between 1 and"))
    window.fill("6")
    expect(window).not_to_have_attribute("aria-invalid", "true")


def test_a_slate_that_is_deleted_gives_way(studio: Watched, server: RunningServer, desk: Desk) -> None:
    video = desk.videos()["clip-2.mp4"]
    desk.make("kids", "Kids", slate=video)
    page = opened(studio, server, "/kids")
    slate = form(page).get_by_role("group", name="Standby picture")
    expect(slate).to_contain_text("clip-2.mp4")
    desk.client.delete(f"/api/videos/{video}").raise_for_status()
    try:
        expect(slate).to_contain_text("Built-in", timeout=SLOW)
        expect(form(page)).to_contain_text("Someone else just changed the standby picture.")
        expect(tile(page, "kids")).not_to_contain_text("custom standby picture")
    finally:
        desk.client.post(f"/api/videos/{video}/restore").raise_for_status()
    assert studio.complaints == []


# --- together


def test_an_open_form_keeps_what_was_typed_and_says_who_else_was_there(
    browser: Browser, server: RunningServer, desk: Desk
) -> None:
    desk.make("kids", "Kids", windowSeconds=60)
    with watching(browser) as one, watching(browser) as other:
        mine, theirs = (opened(watched, server, "/kids") for watched in (one, other))
        form(mine).get_by_label("Title").fill("My title")
        form(theirs).get_by_label("Title").fill("Their title")
        form(theirs).get_by_role("button", name="5 minutes").click()
        form(theirs).get_by_role("button", name="Save").click()
        expect(form(mine).get_by_role("alert")).to_contain_text(
            "just changed this to “Their title”", timeout=SLOW
        )
        expect(form(mine).get_by_label("Title")).to_have_value("My title")
        expect(form(mine).get_by_role("status")).to_contain_text("changed the rewind limit")
        expect(form(mine).get_by_label("Rewind limit")).to_have_value("5")
        form(mine).get_by_role("button", name="Use theirs").click()
        expect(form(mine).get_by_label("Title")).to_have_value("Their title")
        form(mine).get_by_label("Title").fill("Mine after all")
        form(mine).get_by_role("button", name="Save").click()
        expect(tile(theirs, "kids").get_by_role("heading", name="Mine after all")).to_be_visible(timeout=SLOW)
        after = desk.channels()["kids"]
        assert (after["title"], after["windowSeconds"]) == ("Mine after all", 300)
        assert one.complaints == other.complaints == []


def test_a_channel_that_somebody_deletes_closes_its_form(
    studio: Watched, server: RunningServer, desk: Desk
) -> None:
    desk.make("kids", "Kids")
    page = opened(studio, server, "/kids")
    form(page).get_by_label("Title").fill("In vain")
    desk.do("DELETE", "/kids")
    gone = page.get_by_role("dialog", name="No such channel")
    expect(gone).to_contain_text("it may have been deleted", timeout=SLOW)
    gone.get_by_role("button", name="All channels").click()
    expect(gone).to_be_hidden()
    expect(tiles(page)).to_have_count(1)
    assert studio.complaints == []


# --- deleting


def test_a_channel_on_the_air_is_stopped_before_it_is_deleted(
    studio: Watched, server: RunningServer, desk: Desk
) -> None:
    desk.make("kids", "Kids")
    desk.put_on_the_air("kids")
    page = opened(studio, server)
    choose(page, "kids", "Delete")
    dialog = page.get_by_role("alertdialog", name="Delete Kids?")
    expect(dialog).to_contain_text("can be deleted only when it is off air")
    expect(dialog.get_by_role("button", name="Delete permanently")).to_have_count(0)
    dialog.get_by_role("button", name="Stop now").click()
    expect(dialog).to_contain_text("its playlist of 3 videos", timeout=SLOW)
    expect(dialog).to_contain_text("cannot be undone")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    assert "kids" in desk.channels()
    dialog.get_by_role("button", name="Delete permanently").click()
    expect(tile(page, "kids")).to_have_count(0, timeout=SLOW)
    expect(page.get_by_role("heading", name="Channels", exact=True)).to_be_focused()
    assert set(desk.channels()) == {"main"}
    assert len(desk.videos()) == 3
    assert studio.complaints == []


@pytest.mark.usefixtures("desk")
def test_the_main_channel_stays(studio: Watched, server: RunningServer) -> None:
    page = opened(studio, server)
    choose(page, "main", "Delete")
    dialog = page.get_by_role("alertdialog", name="Delete Main?")
    expect(dialog).to_contain_text("The main channel cannot be deleted")
    expect(dialog.get_by_role("button", name="Delete permanently")).to_have_count(0)
    dialog.get_by_role("button", name="Close", exact=True).last.click()
    expect(tile(page, "main").get_by_role("button", name="More for Main")).to_be_focused()
    assert studio.complaints == []


def test_one_who_is_too_late_to_delete_learns_why(studio: Watched, server: RunningServer, desk: Desk) -> None:
    desk.make("kids", "Kids")
    page = opened(studio, server)
    choose(page, "kids", "Delete")
    dialog = page.get_by_role("alertdialog", name="Delete Kids?")
    expect(dialog.get_by_role("button", name="Delete permanently")).to_be_visible()
    desk.put_on_the_air("kids")
    expect(dialog).to_contain_text("can be deleted only when it is off air", timeout=SLOW)
    desk.do("POST", "/kids/stream/stop")
    expect(dialog.get_by_role("button", name="Delete permanently")).to_be_visible(timeout=SLOW)
    desk.do("DELETE", "/kids")
    expect(dialog).to_be_hidden(timeout=SLOW)
    expect(tile(page, "kids")).to_have_count(0)
    assert studio.complaints == []


# --- everybody


def test_a_phone_has_all_of_it(browser: Browser, server: RunningServer, desk: Desk) -> None:
    desk.make("x" * 63, "Longest " * 25)
    desk.make("rtl", "🎬 القناة الأولى")
    desk.put_on_the_air("rtl")

    def must_fit(page: Page) -> None:
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        too_wide = (
            "[...document.querySelectorAll('dialog[open]')].some((one) => one.scrollWidth > one.clientWidth)"
        )
        assert not page.evaluate(too_wide)

    with watching(browser, **PHONE) as watched:
        page = opened(watched, server)
        must_fit(page)
        page.get_by_role("link", name="New channel").tap()
        page.get_by_label("Title").fill("W" * 200)
        page.get_by_role("button", name="Create").tap()
        expect(tiles(page)).to_have_count(4, timeout=SLOW)
        must_fit(page)
        choose(page, "rtl", "Title and settings")
        expect(form(page)).to_be_visible()
        must_fit(page)
        form(page).get_by_role("button", name="Choose a video").tap()
        must_fit(page)
        page.get_by_role("radio", name=re.compile("clip-0")).tap()
        page.get_by_role("button", name="Use this video").tap()
        form(page).get_by_role("button", name="Save").tap()
        eventually(lambda: desk.channels()["rtl"]["slate"] == desk.videos()["clip-0.mp4"])
        expect(page.get_by_role("dialog")).to_have_count(0)
        dismiss = news(page).get_by_role("button", name="Dismiss")
        while dismiss.count():  # what is said may lie over what is next
            dismiss.first.tap()
        for deed in ("Share", "Delete"):
            choose(page, "x" * 63, deed)
            must_fit(page)
            page.get_by_role("button", name="Close", exact=True).first.tap()
        assert watched.complaints == []


def test_nobody_stumbles(browser: Browser, server: RunningServer, desk: Desk) -> None:
    desk.make("kids", "Kids", slate=desk.videos()["clip-0.mp4"])
    desk.put_on_the_air("kids")
    desk.do("PATCH", "/kids", {"rungs": ["240p"]})
    with watching(browser, reduced_motion="reduce") as watched:
        page = opened(watched, server)
        expect(tile(page, "kids")).to_contain_text("until the next start")
        assert in_light_and_dark(page) == []
        choose(page, "kids", "Title and settings")
        form(page).get_by_label("Title").fill("")
        desk.do("PATCH", "/kids", {"title": "Children"})
        expect(form(page)).to_contain_text("just changed this")
        assert in_light_and_dark(page) == []
        form(page).get_by_role("button", name="Choose a video").click()
        expect(page.get_by_role("radio", name=re.compile("clip-0"))).to_be_visible()
        assert in_light_and_dark(page) == []
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        for deed in ("Share", "Delete"):
            choose(page, "kids", deed)
            assert in_light_and_dark(page) == []
            page.keyboard.press("Escape")
        page.get_by_role("link", name="New channel").click()
        page.get_by_label("Title").fill("Kids")
        page.get_by_label("URL name").fill("kids")
        assert in_light_and_dark(page) == []
        assert watched.complaints == []


WINDOWS = {"tablet": (820, 1180), "phone": (320, 568), "phone that lies": (568, 320)}


def test_every_page_fits_into_every_window(watched: Watched, server: RunningServer, desk: Desk) -> None:
    long = "x" * 63
    desk.make(long, "W" * 200)
    desk.make("rtl", "🎬 القناة الأولى " * 10)
    desk.put_on_the_air("main")
    page = watched.page
    page.emulate_media(reduced_motion="reduce")

    def must_fit(place: str) -> None:
        for window, (width, height) in WINDOWS.items():
            page.set_viewport_size({"width": width, "height": height})
            assert overhangs(page) == [], f"{place}, {window}"

    for path in ("/", f"/watch/{long}", "/studio/library"):
        page.goto(server.url + path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        must_fit(path)
    for name in ("Guide", "Health", "About"):
        lead(page, f"/studio/{name.lower()}")
        expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()
        must_fit(name)
    lead(page, "/studio/playlist/main")
    expect(page.get_by_role("row")).to_have_count(3)
    must_fit("playlist")
    page.get_by_role("button", name="Channel: Main").click()
    assert overhangs(page) == []
    page.keyboard.press("Escape")
    lead(page, f"/studio/channels/{long}")
    dialog = form(page)
    must_fit("settings")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    must_fit("channels")
    page.goto(f"{server.url}/embed/main")
    watched.wait_for_picture()
    page.keyboard.press("k")
    for width, height in ((300, 170), (360, 740), (740, 360)):
        page.set_viewport_size({"width": width, "height": height})
        assert overhangs(page) == []
        expect(page.get_by_role("button", name="Full screen")).to_be_in_viewport(ratio=1)
    assert watched.complaints == []

"""What a viewer sees and does: the page plays, rewinds, says what is on, and outlives the server."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest
from playwright.sync_api import Browser, Route, expect
from tests.e2e.conftest import Watched, lead, watching
from tests.support.accessibility import in_light_and_dark
from tests.support.seeds import plant
from tests.support.server import RunningServer, free_port, running
from tests.support.upload import start

from insta_stream.hls.parse import parse
from insta_stream.hls.playlist import MediaPlaylist
from insta_stream.hls.render import render_media

pytestmark = pytest.mark.whole_browser

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}

# One look, for the programme is drawn anew meanwhile, and what has left the page has no line height.
LINES_OF_NAMES = """
(programme) => [...programme.querySelectorAll(".name")]
    .filter((it) => it.textContent.startsWith("a_name_without_end"))
    .map((it) => Math.round(it.clientHeight / parseFloat(getComputedStyle(it).lineHeight)))
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, clips: list[Path]) -> Iterator[RunningServer]:
    """Two channels: `main` plays three videos in turn, `spare` is off the air."""
    data = plant(tmp_path_factory.mktemp("watch") / "data", "360p,240p", clips)
    with running(data, "--rungs", "360p,240p") as server:
        start(server)
        spare = {"slug": "spare", "title": "A spare channel"}
        httpx.post(f"{server.url}/api/channels", json=spare).raise_for_status()
        yield server


def command(server: RunningServer, channel: str, word: str) -> None:
    """Give a channel a command. A pause may have to wait until the slate is made."""
    httpx.post(f"{server.url}/api/channels/{channel}/stream/{word}", timeout=120).raise_for_status()


def test_many_channels_come_page_by_page(watched: Watched, tmp_path: Path) -> None:
    page = watched.page
    with running(tmp_path / "data", "--rungs", "240p") as server, httpx.Client(base_url=server.url) as client:
        for number in range(1, 105):
            body = {"slug": f"c-{number}", "title": f"Channel {number}"}
            client.post("/api/channels", json=body).raise_for_status()
        page.goto(server.url)
        expect(page.get_by_text("100 of 105 channels")).to_be_visible()
        expect(page.get_by_role("listitem")).to_have_count(100)
        page.get_by_role("button", name="Show more").click()
        expect(page.get_by_text("0 of 105 channels on air")).to_be_visible()
        expect(page.get_by_role("heading", name="Channel 104")).to_be_visible()
        expect(page.get_by_role("button", name="Show more")).to_be_hidden()
        page.goto(f"{server.url}/watch/c-104")  # which is on no page that was read
        expect(page.get_by_role("heading", level=1)).to_have_text("Channel 104")
        assert watched.complaints == []


# --- playing


@pytest.mark.deep
def test_the_demo_plays(watched: Watched, tmp_path: Path) -> None:
    with running(tmp_path / "data", "--demo", "--rungs", "240p", is_first=True) as server:
        watched.page.goto(server.url)
        # Until the clips are made, the page waits and says so.
        watched.wait_for_picture(seconds=240)
        watched.must_play_on(5)
        expect(watched.page.get_by_role("heading", level=1)).to_have_text("Main")
        expect(watched.page.get_by_role("button", name="Live")).to_be_visible()
        expect(watched.page.locator("[aria-current]")).to_contain_text("Demo")
        assert watched.complaints == []
        assert watched.hosts == {server.url.removeprefix("http://")}
        assert watched.facts()["fatalErrors"] == 0


def test_item_boundaries_and_level_switches_are_seamless(watched: Watched, server: RunningServer) -> None:
    page = watched.page
    page.goto(f"{server.url}/watch/main")
    watched.wait_for_picture()
    watched.must_play_on(1)
    for level, rung in enumerate(["240p", "360p"]):
        page.get_by_role("button", name="Quality").click()
        page.get_by_role("menuitemradio", name=rung, exact=True).click()
        # A border that was loaded before the choice is crossed in the level before.
        watched.wait_until(f"window.instaStream.facts.level === {level}", 90)
        assert any(crosses_without_a_stall(watched) for _ in range(3)), rung
    facts = watched.facts()
    assert (facts["errors"], facts["rebuilds"]) == ([], 0)
    assert watched.complaints == []


def crosses_without_a_stall(watched: Watched) -> bool:
    """Let the player cross the next border, and return whether the picture went on meanwhile.

    A border that stalls does so each time; a machine that is too busy stalls a picture anywhere.
    """
    before = watched.facts()
    watched.wait_until(
        f"window.instaStream.facts.discontinuities.length > {len(before['discontinuities'])}", 90
    )
    watched.must_play_on(1)
    return watched.facts()["stalls"] == before["stalls"]


def test_what_the_viewer_chose_is_remembered(watched: Watched, server: RunningServer) -> None:
    page = watched.page
    page.goto(f"{server.url}/watch/main")
    watched.wait_for_picture()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.get_by_role("button", name="Quality").click()
    page.get_by_role("menuitemradio", name="240p", exact=True).click()
    page.reload()
    watched.wait_for_picture()
    watched.wait_until("window.instaStream.facts.level >= 0")
    assert page.evaluate("document.querySelector('video').volume") == pytest.approx(0.8)
    page.get_by_role("button", name="Quality").click()
    expect(page.get_by_role("menuitemradio", name="240p", exact=True)).to_be_checked()
    expect(page.get_by_role("menuitemradio", name="Auto")).to_have_text("Auto")


def test_the_viewer_rewinds_and_the_programme_follows_the_picture(
    watched: Watched, server: RunningServer
) -> None:
    page = watched.page
    page.goto(f"{server.url}/watch/main")
    watched.wait_for_picture()
    programme = page.get_by_role("region", name="Programme")
    began = "Date.parse(document.querySelector('[aria-current] time').dateTime)"
    position = page.get_by_role("slider", name="Position")
    expect(position).to_be_visible(timeout=60_000)  # as soon as there is something to rewind
    live = page.evaluate(began)
    position.focus()
    page.keyboard.press("Home")
    expect(position).to_have_attribute("aria-valuetext", re.compile("behind live"))
    watched.wait_until(f"{began} < {live}")
    watched.must_play_on(1)
    page.get_by_role("button", name=re.compile("Go live")).click()
    expect(page.get_by_role("button", name="Live", exact=True)).to_be_visible()
    watched.wait_until(f"{began} >= {live}")
    before = watched.position()
    programme.get_by_role("button", name=re.compile("^Watch .* from the start$")).first.click()
    watched.wait_until(f"document.querySelector('video').currentTime < {before}")
    watched.must_play_on(1)
    assert watched.complaints == []


PACE = "document.querySelector('video').playbackRate"

LATENCY = """
(() => {
    const clock = document.querySelector(".controls time").textContent.replace(/\\s/g, " ");
    return (Date.now() - Date.parse(`${new Date().toDateString()} ${clock}`)) / 1000;
})()
"""


@pytest.mark.deep
def test_after_a_hole_in_the_network_the_player_catches_up(watched: Watched, server: RunningServer) -> None:
    page = watched.page
    page.goto(f"{server.url}/watch/main")
    watched.wait_for_picture()
    watched.must_play_on(2)
    usual, stalls = page.evaluate(LATENCY), watched.facts()["stalls"]
    page.context.set_offline(True)
    watched.wait_until(f"window.instaStream.facts.stalls > {stalls}")
    page.wait_for_timeout(2500)  # after eight seconds it would begin anew, at the live edge
    page.context.set_offline(False)
    watched.wait_until(f"{PACE} > 1", 60)
    assert page.evaluate(LATENCY) > usual + 1
    assert page.evaluate("document.querySelector('video').preservesPitch")
    watched.wait_until(f"{PACE} === 1", 150)
    # hls.js stays a second farther back after a stall; the picture's clock counts whole seconds.
    assert page.evaluate(LATENCY) <= usual + 2
    assert watched.facts()["rebuilds"] == 0


SHORT_SEGMENTS = 6


def shorten(route: Route) -> None:
    """Answer a playlist that everybody loads with its end: seconds, where a test cannot wait for a minute."""
    reply = route.fetch()
    whole = parse(reply.text())
    if isinstance(whole, MediaPlaylist):
        left = max(0, len(whole.segments) - SHORT_SEGMENTS)
        base = re.sub("[^/]*$", "", route.request.url)
        short = replace(
            whole,
            media_sequence=whole.media_sequence + left,
            discontinuity_sequence=(whole.discontinuity_sequence or 0)
            + sum(each.discontinuity for each in whole.segments[:left]),
            segments=tuple(each._replace(uri=urljoin(base, each.uri)) for each in whole.segments[left:]),
        )
        route.fulfill(response=reply, body=render_media(short))
    else:
        route.fulfill(response=reply)


def test_going_back_takes_the_long_playlist_and_going_live_the_short_one(
    watched: Watched, server: RunningServer
) -> None:
    page = watched.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if ".m3u8" in request.url else None)
    page.route(re.compile(r"/[0-9]+p\.m3u8$"), shorten)
    page.goto(f"{server.url}/watch/main")
    watched.wait_for_picture()
    position = page.get_by_role("slider", name="Position")
    expect(position).to_be_visible(timeout=60_000)
    watched.wait_until("document.querySelector('[role=slider]').getAttribute('aria-valuemax') > 30", 60)
    assert not [url for url in asked if "rewind" in url]
    position.focus()
    page.keyboard.press("Home")
    expect(position).to_have_attribute("aria-valuetext", re.compile("behind live"))
    watched.must_play_on(2)
    assert asked[-1].endswith(".rewind.m3u8")
    page.get_by_role("button", name=re.compile("Go live")).click()
    expect(page.get_by_role("button", name="Live", exact=True)).to_be_visible()
    watched.must_play_on(2)
    assert not asked[-1].endswith(".rewind.m3u8")
    assert (watched.facts()["errors"], watched.facts()["rebuilds"]) == ([], 0)
    assert watched.complaints == []


# --- channels that come, go and pause


def test_the_list_shows_every_channel_and_leads_to_it(watched: Watched, server: RunningServer) -> None:
    page = watched.page
    page.goto(server.url)
    expect(page.get_by_role("heading", level=1)).to_have_text("Channels")
    main = page.get_by_role("link", name=re.compile("ON AIR.*Main", re.DOTALL))
    expect(main.locator(".thumbnail")).to_be_visible()
    page.get_by_role("link", name=re.compile("A spare channel")).click()
    expect(page.get_by_role("status")).to_contain_text("Off air")
    expect(page).to_have_title(re.compile("A spare channel"))
    page.go_back()
    main.click()
    watched.wait_for_picture()
    assert watched.complaints == []


def test_another_channel_is_chosen_while_the_controls_wait_to_hide(
    watched: Watched, server: RunningServer
) -> None:
    page = watched.page
    page.clock.install()
    page.goto(f"{server.url}/watch/main")
    watched.wait_for_picture()
    page.locator("video").hover()
    page.get_by_role("link", name=re.compile("A spare channel")).click()
    expect(page.get_by_role("status")).to_contain_text("Off air")
    page.clock.fast_forward(3000)
    assert watched.complaints == []


def test_an_address_with_a_malformed_percent_sign_is_not_found(
    watched: Watched, server: RunningServer
) -> None:
    page = watched.page
    for path in ("/watch/%E0%A4", "/studio/channels/%E0%A4"):
        page.goto(server.url + path)
        expect(page.get_by_role("heading", name="No such channel")).to_be_visible()
    lead(page, "/studio/playlist/%E0%A4")
    expect(page.get_by_role("heading", level=1, name="Playlist")).to_be_visible()
    expect(page.get_by_role("heading", name="No such channel")).to_be_visible()


def test_a_page_that_is_not_there_leads_to_the_channels(watched: Watched, server: RunningServer) -> None:
    page = watched.page
    for path in ("/nowhere", "/watch/main/more", "/channels/main"):
        reply = page.goto(server.url + path)
        assert reply is not None
        assert reply.status == 404
        expect(page.get_by_role("heading", name="Page not found")).to_be_visible()
    page.get_by_role("link", name="All channels").click()
    expect(page.get_by_role("link", name="Main").first).to_be_visible()


def test_a_page_of_the_studio_that_is_not_there_leads_to_the_library(
    watched: Watched, server: RunningServer
) -> None:
    page = watched.page
    page.goto(f"{server.url}/studio/nonsense")
    expect(page.get_by_role("heading", name="Page not found")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="Library").click()
    expect(page.get_by_role("heading", name="Library")).to_be_visible()
    assert watched.complaints == []


def test_a_long_title_takes_two_lines(watched: Watched, server: RunningServer) -> None:
    page, title = watched.page, "A long title " * 15
    path = f"{server.url}/api/channels"
    httpx.post(path, json={"slug": "long", "title": title}).raise_for_status()
    for place in ("/", "/watch/main"):
        page.goto(server.url + place)
        heading = page.get_by_role("link", name=re.compile("A long title")).get_by_role("heading")
        expect(heading).to_have_attribute("title", title.strip())
        lines = heading.evaluate("(it) => it.clientHeight / parseFloat(getComputedStyle(it).lineHeight)")
        assert round(lines) == 2, place
    page.goto(f"{server.url}/studio/playlist/long")
    button = page.get_by_role("button", name=re.compile("^Channel: A long title"))
    expect(button).to_be_visible()
    box, other = button.bounding_box(), page.get_by_role("heading", level=1).bounding_box()
    assert box
    assert other
    assert box["height"] < 2 * other["height"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    httpx.delete(f"{path}/long").raise_for_status()


def test_long_names_in_the_programme_move_nothing(watched: Watched, server: RunningServer) -> None:
    page = watched.page
    with httpx.Client(base_url=server.url) as client:
        names = {each["id"]: each["name"] for each in client.get("/api/videos").json()["data"]}
        for id_ in names:
            client.patch(f"/api/videos/{id_}", json={"name": "a_name_without_end_" * 10}).raise_for_status()
        try:
            page.goto(f"{server.url}/watch/main")
            programme = page.get_by_role("region", name="Programme")
            long_ones = programme.locator(".name").filter(has_text="a_name_without_end")
            expect(long_ones.nth(3)).to_be_visible()
            assert set(programme.evaluate(LINES_OF_NAMES)) == {3}
            player = page.get_by_role("region", name="Player").bounding_box()
            title = page.get_by_role("heading", level=1).bounding_box()
            assert player
            assert title
            assert 0 < title["y"] - player["y"] - player["height"] < 40
        finally:
            for id_, name in names.items():
                client.patch(f"/api/videos/{id_}", json={"name": name}).raise_for_status()


def test_the_page_waits_for_the_channel_and_shows_its_pause(watched: Watched, server: RunningServer) -> None:
    page = watched.page
    videos = [video["id"] for video in httpx.get(f"{server.url}/api/videos").json()["data"]]
    httpx.post(f"{server.url}/api/channels/spare/playlist", json={"videos": videos}).raise_for_status()
    page.goto(f"{server.url}/watch/spare")
    expect(page.get_by_role("status")).to_contain_text("Off air")
    command(server, "spare", "start")
    watched.wait_for_picture()
    expect(page.get_by_text("Off air")).to_be_hidden()
    command(server, "spare", "pause")
    expect(page.get_by_text("Paused: back soon")).to_be_visible(timeout=60_000)
    command(server, "spare", "stop")
    expect(page.get_by_role("heading", name="Off air")).to_be_visible(timeout=60_000)
    assert watched.complaints == []
    assert watched.facts()["errors"] == []


# --- accidents


def test_the_server_is_killed_and_comes_back(watched: Watched, clips: list[Path], tmp_path: Path) -> None:
    data, port = plant(tmp_path / "data", "240p", clips), free_port()
    with running(data, "--rungs", "240p", port=port) as server:
        start(server)
        watched.page.goto(server.url)
        watched.wait_for_picture()
        watched.must_play_on()
        server.process.kill()
        server.process.wait()
        expect(watched.page.get_by_role("heading", name="No connection")).to_be_visible(timeout=60_000)
    with running(data, "--rungs", "240p", port=port):
        watched.wait_for_picture()
        expect(watched.page.get_by_role("heading", name="No connection")).to_be_hidden()
        watched.must_play_on()


# --- everybody


def test_by_keyboard_alone(watched: Watched, server: RunningServer) -> None:
    page = watched.page
    page.goto(f"{server.url}/watch/main")
    watched.wait_for_picture()
    page.keyboard.press("k")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    page.keyboard.press("k")
    watched.must_play_on(1)
    page.keyboard.press("m")
    expect(page.get_by_role("button", name="Unmute")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    share = page.get_by_role("dialog", name="Share Main")
    expect(share.get_by_label("Embed in a page", exact=True)).to_have_value(
        re.compile(rf'^<iframe src="{re.escape(server.url)}/embed/main"')
    )
    page.keyboard.press("Escape")
    expect(share).to_be_hidden()
    quality = page.get_by_role("button", name="Quality")
    quality.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitemradio", name="Auto")).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(quality).to_be_focused()
    quality.press("Enter")
    expect(page.get_by_role("menuitemradio").last).to_be_checked()
    assert watched.complaints == []


def test_on_a_phone(browser: Browser, server: RunningServer) -> None:
    with watching(browser, **PHONE) as watched:
        page = watched.page
        for path in ("/", "/watch/main", "/watch/spare", "/embed/main"):
            page.goto(server.url + path)
            expect(page.locator("h1, h2, .screen").first).to_be_visible()
            assert page.evaluate("document.documentElement.scrollWidth") == 360, path
        watched.wait_for_picture()
        for name in ("Pause", "Live", "Quality", "Full screen"):
            box = page.get_by_role("button", name=name, exact=True).bounding_box()
            assert box, name
            assert box["x"] >= 0, name
            assert box["x"] + box["width"] <= 360, name
        page.set_viewport_size({"width": 740, "height": 360})  # turned
        page.goto(f"{server.url}/watch/main")
        expect(page.locator("video")).to_be_in_viewport(ratio=1)
        assert watched.complaints == []


def test_nobody_stumbles(browser: Browser, server: RunningServer) -> None:
    with watching(browser, reduced_motion="reduce") as watched:
        page = watched.page
        page.goto(server.url)
        expect(page.get_by_role("heading", name="Main")).to_be_visible()
        assert in_light_and_dark(page) == []
        page.goto(f"{server.url}/watch/spare")
        expect(page.get_by_role("status")).to_contain_text("Off air")
        assert in_light_and_dark(page) == []
        page.goto(f"{server.url}/watch/main")
        watched.wait_for_picture()
        page.keyboard.press("k")
        assert in_light_and_dark(page) == []
        for key in "e?":
            page.keyboard.press(key)
            expect(page.get_by_role("dialog")).to_be_visible()
            assert in_light_and_dark(page) == []
            page.keyboard.press("Escape")


# --- elsewhere


def test_any_page_may_show_the_player_in_a_frame_and_nothing_else(
    watched: Watched, server: RunningServer, tmp_path: Path
) -> None:
    page, port = watched.page, server.url.rpartition(":")[2]
    elsewhere = f"http://tv.localhost:{port}"  # another origin to the browser
    foreign = tmp_path / "page.html"
    foreign.write_text(
        f'<iframe id="player" src="{elsewhere}/embed/main" allow="autoplay"></iframe>'
        f'<iframe id="studio" src="{elsewhere}/studio"></iframe>'
    )
    page.goto(foreign.as_uri())
    player = page.frame_locator("#player")
    expect(player.locator("[data-state=playing]")).to_be_visible(timeout=60_000)
    expect(player.get_by_role("link", name="Main")).to_have_attribute("target", "_blank")
    assert any("frame-ancestors" in complaint for complaint in watched.complaints)
    assert page.frame_locator("#studio").locator("main").count() == 0


def test_a_page_is_small_and_asks_at_once_for_all_it_needs(watched: Watched, server: RunningServer) -> None:
    sizes: dict[str, int] = {}
    asked: list[str] = []

    def note(name: str, size: int) -> None:
        sizes[name] = size

    watched.page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    watched.page.on(
        "requestfinished",
        lambda request: (
            note(request.url.rpartition("/")[2], request.sizes()["responseBodySize"])
            if request.resource_type == "script"
            else None
        ),
    )
    with watched.page.expect_event("requestfinished", lambda request: "/hlsEngine" in request.url):
        watched.page.goto(f"{server.url}/watch/main")
    watched.wait_for_picture()
    before_the_player = {name: size for name, size in sizes.items() if not name.startswith("hlsEngine")}
    assert len(before_the_player) < len(sizes)
    assert sum(before_the_player.values()) < 100_000, sizes
    scripts = [name for name in asked if name.endswith(".js")]
    # Those of the page are named by it, and the player's does not wait for what is on.
    assert all(asked.index(name) < asked.index("now.json") for name in scripts), asked
    assert len(scripts) == len(set(scripts))
    assert asked.count("stream.m3u8") == 1


@pytest.mark.deep
def test_over_a_slow_line_the_smallest_picture_comes_first(watched: Watched, server: RunningServer) -> None:
    page = watched.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if ".m3u8" in request.url else None)
    line = {"offline": False, "latency": 100, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", line)
    page.goto(f"{server.url}/watch/main")
    watched.wait_for_picture()
    assert [url.rpartition("/")[2] for url in asked[:2]] == ["stream.m3u8", "240p.m3u8"]
    assert watched.complaints == []

"""What an operator learns of the server: how it is, since when, and what to do about it."""

import json
import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, WebSocketRoute, expect
from tests.e2e.conftest import Watched, visit, watching
from tests.support.accessibility import in_light_and_dark
from tests.support.seeds import plant
from tests.support.server import RunningServer, free_port, running
from tests.support.upload import start

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
SLOW = 60_000
"""Milliseconds that a busy machine may take."""

CUT = (
    "[...document.querySelectorAll('main section')].filter((one) => one.scrollWidth > one.clientWidth).length"
)
"""How many panels have something that reaches over their edge."""

LONG = "🎬 سلسلة طويلة " + "W" * 300

Json = dict[str, Any]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, clips: list[Path]) -> Iterator[RunningServer]:
    """A server with three videos, and the channel `main` on the air."""
    data = plant(tmp_path_factory.mktemp("health") / "data", "240p", clips)
    with running(data, "--rungs", "240p") as server:
        start(server)
        yield server


def opened(watched: Watched, server: RunningServer) -> Page:
    """Open the page and wait until the server has said how it is."""
    visit(watched.page, f"{server.url}/studio/health")
    expect(watched.page.get_by_role("region", name="Over time")).to_be_visible(timeout=SLOW)
    return watched.page


def altered(page: Page, alter: Callable[[Json], None]) -> None:
    """Let the page hear another health than the server's."""

    def connect(route: WebSocketRoute) -> None:
        upstream = route.connect_to_server()

        def pass_on(message: str | bytes) -> None:
            frame = json.loads(message)
            if frame.get("topic") == "health" and "data" in frame:
                alter(frame["data"])
            route.send(json.dumps(frame))

        upstream.on_message(pass_on)

    page.route_web_socket(re.compile("/api/events$"), connect)


def remembering(page: Page, **series: list[Json]) -> None:
    """Let the server remember these points, and no others."""
    names = ("viewers", "freshness", "speed", "loopLag", "diskFree")
    data = {name: series.get(name, []) for name in names}
    reply = {"success": True, "message": "", "data": data}
    page.route(re.compile("/api/health/history"), lambda route: route.fulfill(json=reply))


def points(now: float, ages: range, value: Callable[[int], float]) -> list[Json]:
    """Return a point for each age, in seconds before `now`, the oldest first."""
    return [{"at": iso(now - age), "value": value(age)} for age in sorted(ages, reverse=True)]


def iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat().replace("+00:00", "Z")


def trouble(ago: float, **changes: Any) -> Json:
    at = iso(time.time() - ago)
    plain = {
        "at": at,
        "firstAt": at,
        "count": 1,
        "level": "error",
        "code": f"trouble_{ago}",
        "message": "It went wrong.",
        "remedy": "Set it right.",
        "subject": "",
        "about": "",
        "name": "",
    }
    return {**plain, **changes}


def job(number: int, name: str, step: str, percent: float = 0) -> Json:
    """A video that is being packaged, or waits."""
    is_moving = step != "waiting"
    return {
        "video": f"{number:032x}",
        "name": name,
        "step": step,
        "percent": percent,
        "fps": 118.4 * is_moving,
        "speed": 4.72 * is_moving,
        "etaSeconds": 130 if is_moving else None,
    }


def region(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name, exact=True)


def plot(page: Page, name: str) -> Locator:
    return page.get_by_role("slider", name=name)


def sum_of(page: Page) -> Locator:
    """Return the sentence about the whole server."""
    return region(page, "State").get_by_role("status")


# --- at this moment


def test_viewers_are_seen_as_they_come_by_everybody_who_looks(
    browser: Browser, watched: Watched, server: RunningServer
) -> None:
    with watching(browser) as other, httpx.Client(base_url=server.url, timeout=60) as client:
        pages = [opened(watched, server), opened(other, server)]
        variants = client.get("/stream/stream.m3u8").text.splitlines()
        media = urljoin("/stream/stream.m3u8", next(line for line in variants if line and line[0] != "#"))
        deadline = time.monotonic() + 90
        for page in pages:
            row = page.get_by_role("list", name="Channels on air").get_by_role("listitem")
            while "1 viewer" not in row.inner_text() or "behind" not in row.inner_text():
                assert time.monotonic() < deadline, row.inner_text()
                client.get(media).raise_for_status()
                page.wait_for_timeout(500)
            expect(row.get_by_role("link", name="Main")).to_have_attribute("href", "/studio/playlist/main")
            expect(plot(page, "Viewers")).to_have_attribute("aria-valuetext", "Now: 1 viewer", timeout=SLOW)
            expect(region(page, "Channels on air")).to_contain_text("No addresses are kept.")
            page.get_by_role("radio", name="24 h").check()
            expect(plot(page, "Viewers over the last 24 hours")).to_be_visible()
        assert watched.complaints == other.complaints == []
        assert watched.hosts == {server.url.removeprefix("http://")}


def test_the_parts_and_the_disk_in_words(studio: Watched, server: RunningServer) -> None:
    page = opened(studio, server)
    expect(page.get_by_role("list", name="Checks").get_by_role("listitem")).to_have_count(12)
    expect(page.get_by_role("list", name="Checks")).to_contain_text("OK.")
    expect(page.get_by_role("list", name="Checks")).to_contain_text("Background tasks")
    disk = region(page, "Disk")
    expect(disk).to_contain_text(re.compile(r"free of \d"))
    expect(disk.get_by_role("definition")).to_have_count(4)
    for shown in disk.get_by_role("definition").all():
        expect(shown).to_have_text(re.compile(r"^[\d.]+ [kMGT]B$"))
    expect(disk).to_contain_text("left for uploads")
    expect(region(page, "Encoding")).to_contain_text("Nothing is being encoded")
    assert studio.complaints == []


def test_what_is_deleted_when(studio: Watched, server: RunningServer) -> None:
    page = opened(studio, server)
    with httpx.Client(base_url=server.url, timeout=60) as client:
        video = next(v for v in client.get("/api/videos").json()["data"] if v["name"] == "clip-2.mp4")
        client.delete(f"/api/videos/{video['id']}").raise_for_status()
        try:
            page.get_by_role("button", name="Clean-up rules").click()
            dialog = page.get_by_role("dialog", name="Clean-up rules")
            gone = dialog.get_by_role("listitem").filter(has_text="clip-2.mp4").first
            expect(gone).to_contain_text("can be restored until then")
            expect(gone.locator("time")).to_have_text(re.compile("in 2[34] hours|tomorrow"))
            expect(dialog.get_by_role("link", name="Open the bin")).to_be_visible()
            page.keyboard.press("Escape")
            expect(page.get_by_role("button", name="Clean-up rules")).to_be_focused()
            expect(region(page, "Disk")).to_contain_text("Bin", timeout=SLOW)
        finally:
            client.post(f"/api/videos/{video['id']}/restore").raise_for_status()
    assert studio.complaints == []


def test_packaging_is_followed_and_leads_to_the_library(watched: Watched, server: RunningServer) -> None:
    def busy(health: Json) -> None:
        waiting = [job(n, f"Film {n}", "waiting") for n in range(2, 102)]
        health["jobs"] = [job(1, "A film", "ladder", 62.4), *waiting]
        health["waitingJobs"] = 1000

    altered(watched.page, busy)
    page = opened(watched, server)
    packaging = region(page, "Encoding")
    row = packaging.get_by_role("listitem")
    expect(row).to_have_count(1)
    for words in (
        "Encoding the remaining qualities",
        "62 %",
        "118 fps, 4.7\N{MULTIPLICATION SIGN} real time",
        "3:00 left",
    ):
        expect(row).to_contain_text(words)
    expect(row.get_by_role("progressbar", name="Encoding A film")).to_have_attribute("aria-valuenow", "62")
    expect(packaging).to_contain_text("1,000 videos queued: Film 2, Film 3, Film 4 and 997 more.")
    expect(row.get_by_role("link", name="A film")).to_have_attribute("href", f"/studio/library/{1:032x}")
    assert watched.complaints == []


def test_troubles_come_with_what_to_do_and_the_newest_first(watched: Watched, server: RunningServer) -> None:
    def troubled(health: Json) -> None:
        video = {"about": "video", "subject": "1" * 32, "name": "A film", "count": 3}
        broken = {"about": "channel", "subject": "main", "code": "playlist_violation", "name": "Main"}
        first = trouble(60, **video, message="Encoding failed.", remedy="Set `jobs` lower.")
        second = trouble(120, **broken, message="The edge is late.")
        health["errors"] = [first, second, *(trouble(200 + n) for n in range(50))]

    altered(watched.page, troubled)
    page = opened(watched, server)
    troubles = region(page, "Recent problems")
    rows = troubles.get_by_role("listitem")
    expect(rows).to_have_count(5)
    expect(rows.first).to_contain_text("Encoding failed.")
    expect(rows.first).to_contain_text("Set jobs lower.")
    expect(rows.first).to_contain_text("3 times since")
    expect(rows.first.get_by_role("link")).to_have_attribute("href", f"/studio/library/{'1' * 32}")
    channel = page.get_by_role("list", name="Channels on air").get_by_role("listitem")
    expect(channel).to_contain_text("The edge is late.")
    troubles.get_by_role("button", name="Show all 52").press("Enter")
    expect(rows).to_have_count(52)
    troubles.get_by_role("button", name="Show fewer").press("Enter")
    expect(rows).to_have_count(5)
    assert watched.complaints == []


def test_of_many_channels_a_handful_is_shown_and_all_are_found(
    watched: Watched, server: RunningServer
) -> None:
    def many(health: Json) -> None:
        one = {"state": "on", "freshness": 1.5}
        health["channels"] = [{**one, "slug": f"tv-{n}", "viewers": 200 - n} for n in range(200)]
        health["viewers"] = sum(range(1, 201))

    altered(watched.page, many)
    watched.page.route(
        re.compile("/api/channels/tv-"),
        lambda route: route.fulfill(json={"success": True, "message": "", "data": {"points": []}}),
    )
    page = opened(watched, server)
    channels = region(page, "Channels on air")
    rows = channels.get_by_role("listitem")
    expect(rows).to_have_count(5)
    expect(rows.first).to_contain_text("200 viewers")
    expect(channels).to_contain_text("195 more channels")
    search = channels.get_by_role("searchbox")
    search.fill("tv-173")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("27 viewers")
    search.fill("nowhere")
    expect(channels).to_contain_text("No channel on air has “nowhere” in its name.")
    assert watched.complaints == []


def test_a_full_disk_is_told_on_every_page(watched: Watched, tmp_path: Path) -> None:
    """No video can be packaged then, nor a slate whose segments were lost: the server fails and says why."""
    data = plant(tmp_path / "data", "240p")
    for segment in (data / "stream").rglob("*.ts"):
        segment.unlink()
    with running(data, "--rungs", "240p", "--min-free-bytes", "900TB") as server:
        page = watched.page
        page.goto(f"{server.url}/studio/library")
        page.get_by_role("link", name="Health: failing").click(timeout=2 * SLOW)
        expect(sum_of(page)).to_contain_text("The server has a problem since", timeout=SLOW)
        expect(sum_of(page)).to_contain_text("standby picture")
        checks = page.get_by_role("list", name="Checks").get_by_role("listitem")
        expect(checks.first).to_contain_text("Standby picture")
        disk = checks.filter(has_text="Disk space")
        expect(disk).to_contain_text("Needs attention")
        expect(disk).to_contain_text("Delete videos you no longer need")
        expect(region(page, "Disk")).to_contain_text("Uploads are refused and encoding is paused until")
        assert watched.complaints == []


# --- over time


def test_figures_are_read_by_pointer_and_keyboard_and_gaps_stay_gaps(
    watched: Watched, server: RunningServer
) -> None:
    now = time.time() // 60 * 60
    ages = [*range(600, 1800, 10), *range(2400, 3500, 10)]
    viewers = [{"at": iso(now - age), "value": age // 10} for age in sorted(ages, reverse=True)]
    lags = [{**point, "value": 2.5} for point in viewers]
    remembering(watched.page, viewers=viewers, freshness=lags, loopLag=viewers)
    altered(watched.page, lambda health: health.update(latest=None))
    page = opened(watched, server)
    slider = plot(page, "Viewers over the last hour")
    expect(page.locator("[data-measure=viewers] .curve")).to_have_attribute("d", re.compile("^M[^M]+M[^M]+$"))
    described = page.locator(f"[id='{slider.get_attribute('aria-describedby')}']")
    expect(described).to_have_text(
        re.compile(
            "^Viewers in the last hour: last 60 viewers; lowest 60 viewers at .*, highest 349 viewers at"
        )
    )
    slider.focus()
    page.keyboard.press("ArrowLeft")
    expect(slider).to_have_attribute("aria-valuetext", re.compile(": 61 viewers$"))
    expect(plot(page, "Live delay")).to_have_attribute("aria-valuetext", re.compile(": 2.5 s$"))
    page.keyboard.press("Home")
    for _ in range(3):
        page.keyboard.press("PageUp")
    expect(slider).to_have_attribute("aria-valuetext", re.compile(r": \d+ viewers$"))
    page.keyboard.press("Escape")
    expect(slider).to_have_attribute("aria-valuetext", "Now: not counted")
    box = slider.bounding_box()
    assert box
    left, right = box["x"] + 52, box["x"] + box["width"] - 8
    gap = right - (right - left) * 2100 / 3600
    page.mouse.move(gap, box["y"] + 50)
    expect(slider).to_have_attribute("aria-valuetext", re.compile(": not counted$"))
    page.mouse.move(right - (right - left) * 1200 / 3600, box["y"] + 50)
    expect(slider).to_have_attribute("aria-valuetext", re.compile(r": 1\d\d viewers$"))
    page.get_by_role("radio", name="1 h").press("ArrowRight")
    expect(plot(page, "Viewers over the last 6 hours")).to_be_visible()
    page.reload()
    expect(plot(page, "Viewers over the last 6 hours")).to_be_visible(timeout=SLOW)
    assert watched.complaints == []


def test_a_server_that_has_just_started_has_no_figures_yet(watched: Watched, server: RunningServer) -> None:
    remembering(watched.page)
    altered(watched.page, lambda health: health.update(latest=None, errors=[], channels=[]))
    page = opened(watched, server)
    expect(region(page, "Over time")).to_contain_text("figures appear within a minute")
    expect(plot(page, "Encoder")).to_have_attribute("aria-valuetext", "Now: nothing to encode")
    expect(region(page, "Channels on air")).to_contain_text("No channel is on air.")
    expect(region(page, "Recent problems")).to_contain_text("No problems")
    assert watched.complaints == []


def test_a_past_that_cannot_be_fetched_is_asked_for_again(watched: Watched, server: RunningServer) -> None:
    page = watched.page
    page.route(re.compile("/api/health/history"), lambda route: route.abort())
    opened(watched, server)
    fault = region(page, "Over time").get_by_role("alert")
    expect(fault).to_contain_text("Earlier figures cannot be shown.")
    page.unroute(re.compile("/api/health/history"))
    fault.get_by_role("button", name="Try again").click()
    expect(fault).to_be_hidden()


def test_while_the_server_is_away_the_page_says_that_it_is_old(watched: Watched, tmp_path: Path) -> None:
    data, port, page = tmp_path / "data", free_port(), watched.page
    with running(data, "--rungs", "240p", port=port) as server:
        opened(watched, server)
        expect(plot(page, "Response time")).to_have_attribute(
            "aria-valuetext", re.compile("s$"), timeout=SLOW
        )
        expect(sum_of(page)).not_to_contain_text("No contact with the server")
        server.kill()
        expect(sum_of(page)).to_contain_text("No contact with the server since", timeout=SLOW)
        expect(region(page, "Disk")).to_be_visible()
    history = re.compile("/api/health/history")
    with page.expect_request(history, timeout=SLOW), running(data, "--rungs", "240p", port=port):
        expect(sum_of(page)).not_to_contain_text("No contact with the server", timeout=SLOW)


# --- everybody


def crowded(health: Json) -> None:
    """Fill the page with long names and everything that can be wrong."""
    for check in health["checks"]:
        wrong = {"database": "failing", "disk": "degraded"}.get(check["name"])
        if wrong:
            check.update(state=wrong, ok=False, message=LONG, remedy="See `doctor`.")
    health["state"] = "failing"
    health["jobs"] = [job(1, LONG, "ladder", 50), job(2, LONG, "waiting")]
    health["waitingJobs"] = 1
    health["errors"] = [trouble(n, message=LONG, name=LONG, about="video", subject=f"{n}") for n in range(9)]
    broken = {"about": "channel", "subject": "main", "code": "playlist_violation", "name": LONG}
    health["errors"].append(trouble(99, **broken, message=LONG))


def test_on_a_phone(browser: Browser, server: RunningServer) -> None:
    with watching(browser, **PHONE) as watched:
        altered(watched.page, crowded)
        page = opened(watched, server)
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        assert page.evaluate(CUT) == 0
        page.get_by_text("6 h", exact=True).tap()
        field = plot(page, "Viewers over the last 6 hours")
        field.tap()
        expect(field).to_have_attribute("aria-valuetext", re.compile(r"^\d"))
        page.get_by_role("button", name="Clean-up rules").tap()
        expect(page.get_by_role("dialog").get_by_role("link", name="Bin")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        assert watched.complaints == []


def test_nobody_stumbles(browser: Browser, server: RunningServer) -> None:
    with watching(browser, reduced_motion="reduce") as watched:
        page = opened(watched, server)
        expect(page.get_by_role("list", name="Channels on air")).to_be_visible()
        assert in_light_and_dark(page) == []
    with watching(browser, reduced_motion="reduce") as watched:
        altered(watched.page, crowded)
        page = opened(watched, server)
        plot(page, "Viewers").focus()
        assert in_light_and_dark(page) == []
        page.get_by_role("button", name="Clean-up rules").click()
        expect(page.get_by_role("dialog")).to_contain_text("stay in the bin")
        assert in_light_and_dark(page) == []
        assert watched.complaints == []

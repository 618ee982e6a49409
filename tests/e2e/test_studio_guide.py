"""What an operator sees of the programme: what aired, airs and will air, as a picture, a table and a file."""

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from tests.e2e.conftest import Watched, lead, visit, watching
from tests.support.accessibility import in_light_and_dark
from tests.support.seeds import plant
from tests.support.server import RunningServer, running
from tests.support.upload import start
from tests.support.waiting import eventually

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
SLOW = 60_000
"""Milliseconds that a busy machine may take."""


@pytest.fixture(scope="module")
def client(server: RunningServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, clips: list[Path]) -> Iterator[RunningServer]:
    """The channels `main`, on the air with three videos, and `kids`, off the air."""
    data = plant(tmp_path_factory.mktemp("guide") / "data", "240p", clips)
    with running(data, "--rungs", "240p") as server:
        start(server)
        with httpx.Client(base_url=server.url, timeout=60) as client:
            do(client, "POST", "/api/channels", {"slug": "kids", "title": "Kids & more"})
        yield server


def do(client: httpx.Client, method: str, path: str, body: object = None) -> Any:
    reply = client.request(method, path, json=body)
    assert reply.is_success, reply.text
    return reply.json().get("data")


def opened(watched: Watched, server: RunningServer, path: str = "") -> Page:
    """Open the guide; wait until the main channel's programme is there."""
    visit(watched.page, f"{server.url}/studio/guide{path}")
    if not path:
        expect(on_air(watched.page)).to_be_visible(timeout=SLOW)
    return watched.page


def cut_short(client: httpx.Client) -> datetime | None:
    """Skip; return when the video began that ends earlier for it, None where it was at its end anyway."""
    present = client.get("/stream/main/now.json").json()["now"]
    effect = do(client, "POST", "/api/channels/main/stream/skip")["effectiveAt"]
    begins, shown, ends = map(datetime.fromisoformat, (present["startsAt"], effect, present["endsAt"]))
    return begins if begins < shown < ends else None


def lane(page: Page, title: str = "Main") -> Locator:
    return page.get_by_role("group", name=f"Programme of {title}")


def on_air(page: Page) -> Locator:
    return lane(page).get_by_role("button", name=re.compile("on air$"))


def show(page: Page, time: str) -> None:
    """Choose how much time the picture shows."""
    page.get_by_role("button", name=re.compile("^Period: ")).click()
    page.get_by_role("menuitemradio", name=time, exact=True).click()


def test_the_picture_follows_the_air_and_every_edit(
    studio: Watched, server: RunningServer, client: httpx.Client
) -> None:
    page = opened(studio, server)
    expect(on_air(page)).to_have_count(1)

    cut = eventually(lambda: cut_short(client))
    present = lane(page).locator(f'[data-at="{cut.timestamp() * 1000:.0f}"]')
    expect(present).to_have_class(re.compile("past"), timeout=SLOW)
    expect(present).to_have_attribute("aria-label", re.compile("ends early"))
    do(client, "POST", "/api/channels/main/stream/pause")
    slate = lane(page).get_by_role(
        "button", name=re.compile("^Standby picture, .* to an edit, until an edit")
    )
    expect(slate).to_be_visible(timeout=SLOW)
    do(client, "POST", "/api/channels/main/stream/resume")
    expect(slate).to_have_count(0, timeout=SLOW)
    assert studio.complaints == []
    assert studio.hosts == {server.url.removeprefix("http://")}


def test_keys_lead_from_showing_to_showing_and_open_them(studio: Watched, server: RunningServer) -> None:
    page = opened(studio, server)
    on_air(page).focus()
    for _ in range(3):  # what follows next may be on the air already
        page.keyboard.press("ArrowRight")
    expect(page.locator(":focus.future")).to_have_count(1)
    for _ in range(4):
        page.keyboard.press("ArrowLeft")
    expect(page.locator(":focus.past")).to_have_count(1)
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Main")
    expect(dialog.get_by_role("term").nth(1)).to_have_text("Started")
    page.keyboard.press("Escape")
    expect(page.locator(":focus.past")).to_have_count(1)
    page.keyboard.press("PageDown")
    expect(page.get_by_role("button", name="Now", exact=True)).to_be_enabled()
    page.keyboard.press("Home")
    expect(page.get_by_role("button", name="Now", exact=True)).to_be_disabled()
    assert studio.complaints == []


def test_up_and_down_lead_to_the_same_time_of_another_channel(
    studio: Watched, server: RunningServer, client: httpx.Client
) -> None:
    videos = [each["id"] for each in do(client, "GET", "/api/videos")]
    do(client, "PUT", "/api/channels/kids/playlist", {"videos": videos})
    do(client, "POST", "/api/channels/kids/stream/start")
    page = opened(studio, server)
    expect(lane(page, "Kids & more").get_by_role("button").first).to_be_visible(timeout=SLOW)
    on_air(page).focus()
    page.keyboard.press("ArrowDown")
    expect(lane(page, "Kids & more").locator(":focus")).to_have_count(1)
    page.keyboard.press("ArrowUp")
    expect(lane(page).locator(":focus")).to_have_count(1)
    do(client, "POST", "/api/channels/kids/stream/stop")


def test_what_is_too_short_to_be_seen_is_drawn_together_until_one_looks_closer(
    studio: Watched, server: RunningServer
) -> None:
    page = opened(studio, server)
    show(page, "6 hours")
    many = lane(page).get_by_role("button", name=re.compile(r"^[\d,]+ showings"))
    expect(many.last).to_be_visible(timeout=SLOW)
    assert lane(page).get_by_role("button").count() < 20
    many.last.click()
    expect(page.get_by_role("button", name="Period: 2 hours")).to_be_visible()


def test_the_pointer_pulls_the_picture_without_opening_anything(
    studio: Watched, server: RunningServer
) -> None:
    page = opened(studio, server)
    box = lane(page).bounding_box()
    assert box
    x, y = box["x"] + box["width"] * 0.7, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 300, y, steps=6)
    page.mouse.up()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="Now", exact=True)).to_be_enabled()
    on_the_left = lane(page).get_by_role("button").first
    expect(on_the_left).not_to_have_class(re.compile("past"))
    page.mouse.click(x, y)
    expect(page.get_by_role("dialog")).to_be_visible()


def test_the_keyboard_passes_the_field_of_moments_without_going_anywhere(
    studio: Watched, server: RunningServer
) -> None:
    moment = opened(studio, server).get_by_label("Go to a day and time")
    moment.focus()
    moment.blur()
    expect(studio.page.get_by_role("button", name="Now", exact=True)).to_be_disabled()
    moment.fill(moment.input_value())
    expect(studio.page.get_by_role("button", name="Now", exact=True)).to_be_enabled()


def test_any_moment_within_reach_can_be_looked_at(studio: Watched, server: RunningServer) -> None:
    page = opened(studio, server)
    moment = page.get_by_label("Go to a day and time")
    later = datetime.fromisoformat(moment.input_value()) + timedelta(days=3)
    moment.fill(later.isoformat(timespec="seconds"))
    expect(lane(page).locator(".future").first).to_be_visible(timeout=SLOW)
    expect(page.get_by_text(later.strftime("%a, %b %-d"))).to_be_visible()
    news = page.get_by_role("status", name="Notifications")
    for days, edge in ((800, "max"), (-10_000, "min")):
        moment.fill((later + timedelta(days=days)).isoformat(timespec="seconds"))
        moment.press("Enter")
        dismiss = news.get_by_role("button", name="Dismiss")
        expect(news).to_contain_text("The guide covers 30 days back to a year ahead")
        dismiss.hover()  # news stay while they are pointed at
        # The limits move with the clock, so the day is what can be compared.
        assert moment.input_value()[:10] == str(moment.get_attribute(edge))[:10]
        # They move past what was corrected, too; leaving the field asks for nothing new.
        expect(moment).not_to_have_attribute(edge, str(moment.get_attribute(edge)))
        moment.blur()
        assert dismiss.count() == 1
        dismiss.click()
        page.get_by_role("button", name="Earlier" if days < 0 else "Later").click()
        expect(page.get_by_role("alert")).to_have_count(0)
    expect(lane(page, "Kids & more")).to_have_text("Off air")
    page.get_by_role("button", name="Now", exact=True).click()
    expect(on_air(page)).to_be_visible(timeout=SLOW)
    assert studio.complaints == []


def test_a_programme_that_cannot_be_read_is_not_said_to_be_off_the_air(
    studio: Watched, server: RunningServer
) -> None:
    page = opened(studio, server)
    said = json.dumps({"success": False, "code": "internal", "message": "The guide is out of order."})
    page.route(re.compile(r"/guide\?"), lambda route: route.fulfill(status=500, body=said))
    moment = page.get_by_label("Go to a day and time")
    later = datetime.fromisoformat(moment.input_value()) + timedelta(days=3)
    moment.fill(later.isoformat(timespec="seconds"))
    expect(lane(page, "Kids & more")).to_have_text("The guide is out of order.", timeout=SLOW)
    page.get_by_role("button", name="Now", exact=True).click()
    expect(page.get_by_text("The guide is out of order.")).to_have_count(0)


def test_channels_come_and_go(studio: Watched, server: RunningServer, client: httpx.Client) -> None:
    page = opened(studio, server)
    do(client, "POST", "/api/channels", {"slug": "late", "title": "Late " + "night " * 30})
    row = page.get_by_role("listitem").filter(has_text="Late night")
    expect(row).to_contain_text("Off air", timeout=SLOW)
    do(client, "DELETE", "/api/channels/late")
    expect(row).to_have_count(0, timeout=SLOW)
    assert studio.complaints == []
    lead(page, "/studio/guide/late")
    expect(page.get_by_role("heading", name="No such channel")).to_be_visible(timeout=SLOW)


def test_a_channel_has_a_table(studio: Watched, server: RunningServer) -> None:
    page = opened(studio, server, "/main")
    table = page.get_by_role("table", name="Programme of Main")
    row = table.locator("tr[aria-current=true]")
    expect(row).to_contain_text("on air", timeout=SLOW)
    row.get_by_role("button").click()
    expect(page.get_by_role("dialog").get_by_role("link", name="Video")).to_be_visible()
    assert studio.complaints == []


def edges(fields: list[Locator]) -> set[tuple[int, int]]:
    """Return where fields begin and how wide they are."""
    boxes = [field.bounding_box() for field in fields]
    return {(round(box["x"]), round(box["width"])) for box in boxes if box}


def test_the_fields_of_the_export_lie_beside_nothing(browser: Browser, server: RunningServer) -> None:
    with watching(browser, viewport={"width": 1280, "height": 740}, locale="en-US") as watched:
        page = opened(watched, server)
        page.get_by_role("button", name="Export").click()
        dialog = page.get_by_role("dialog")
        fields = [dialog.get_by_label(label, exact=True) for label in ("Channel", "From", "To")]
        for width in (1280, 360):
            page.set_viewport_size({"width": width, "height": 740})
            eventually(lambda: len(edges(fields)) == 1)
            assert dialog.evaluate("(it) => it.scrollWidth <= it.clientWidth"), width


def test_a_stretch_of_time_is_saved_as_a_table(
    studio: Watched, server: RunningServer, tmp_path: Path
) -> None:
    page = opened(studio, server)
    page.get_by_role("button", name="Export").click()
    dialog = page.get_by_role("dialog")
    begin = datetime.fromisoformat(dialog.get_by_label("From").input_value())
    dialog.get_by_label("To", exact=True).fill((begin - timedelta(hours=1)).isoformat(timespec="seconds"))
    dialog.get_by_role("button", name="Download CSV").click()
    expect(dialog.get_by_role("alert")).to_contain_text("later than the start")
    dialog.get_by_label("To", exact=True).fill((begin + timedelta(hours=1)).isoformat(timespec="seconds"))
    with page.expect_download() as download:
        dialog.get_by_role("button", name="Download CSV").click()
    assert re.fullmatch(r"main-\d{8}-\d{8}\.csv", download.value.suggested_filename)
    download.value.save_as(tmp_path / "guide.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "guide.csv").read_text("utf-8-sig"))))
    assert len(rows) > 500
    assert {row["channel"] for row in rows} == {"main"}
    expect(dialog.get_by_role("textbox", name="Guide (XMLTV)")).to_have_value(f"{server.url}/guide.xml")


def test_nobody_stumbles(browser: Browser, server: RunningServer) -> None:
    with watching(browser) as watched:
        page = opened(watched, server)
        assert in_light_and_dark(page) == []
        page.get_by_role("button", name="Export").click()
        assert in_light_and_dark(page) == []
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        lead(page, "/studio/guide/main")
        expect(page.get_by_role("table")).to_be_visible(timeout=SLOW)
        assert in_light_and_dark(page) == []


def test_on_a_phone_nothing_lies_outside(browser: Browser, server: RunningServer) -> None:
    with watching(browser, **PHONE) as watched:
        page = opened(watched, server)
        show(page, "10 minutes")
        for path in ("", "/main"):
            lead(page, f"/studio/guide{path}")
            expect(page.get_by_role("button", name="Export")).to_be_visible(timeout=SLOW)
            assert page.evaluate("document.documentElement.scrollWidth") == 360
        assert watched.complaints == []

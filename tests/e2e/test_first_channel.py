"""The first minutes: from a server that has nothing to a channel that is watched."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.e2e.conftest import Watched
from tests.support.drops import drop, hold
from tests.support.server import RunningServer, running

pytestmark = pytest.mark.whole_browser

SLOW = 60_000
"""Milliseconds that a busy machine may take."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """No videos, and the channel `main`, which is off the air."""
    with running(tmp_path_factory.mktemp("first") / "data", "--rungs", "240p") as server:
        yield server


def test_a_dropped_film_is_on_the_air_with_one_click_and_watched_with_two(
    watched: Watched, server: RunningServer, clips: list[Path], tmp_path: Path
) -> None:
    notes = tmp_path / "notes.mp4"
    notes.write_text("These are notes, not a film.\n" * 50)
    page = watched.page
    page.goto(server.url)
    way = page.get_by_role("link", name="Open the Studio")
    expect(way).to_be_visible(timeout=SLOW)
    assert drop(page, clips[0]), "viewers' pages take nothing, and stay"
    way.click()
    start = page.get_by_role("button", name="Start", exact=True)
    expect(start).to_be_disabled(timeout=SLOW)
    page.get_by_role("button", name="Add videos").click()
    hold(page, clips[0])
    sheet = page.get_by_text("to the playlist of Main")
    expect(sheet).to_be_visible()
    page.keyboard.press("Escape")
    assert drop(page, notes, clips[0])
    expect(sheet).to_be_hidden()
    expect(start).to_be_enabled(timeout=SLOW)
    start.click()
    expect(page.get_by_text("This is a text file, not a video.")).to_be_visible(timeout=SLOW)
    expect(page.get_by_role("grid", name="Playlist")).to_contain_text(clips[0].name, timeout=SLOW)
    expect(page.get_by_role("region", name="Playback controls")).to_contain_text("ON AIR", timeout=SLOW)
    page.get_by_role("link", name="Watch", exact=True).click()
    watched.wait_for_picture()
    expect(page.get_by_role("region", name="Player")).to_be_visible()
    watched.must_play_on()
    assert watched.complaints == []

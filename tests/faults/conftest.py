"""What the fault tests share: a data folder with a channel that is ready to go on the air.

INSTA_STREAM_FAULTS is how many kills are tried, 10 unless told otherwise; from 100 on, the tests also wait
for what takes minutes.
"""

import asyncio
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.support.clips import make_clips
from tests.support.ledger import Ledger
from tests.support.libraries import NAMES, make_clip, make_short_slate, open_library, settled
from tests.support.once import made_once
from tests.support.station import Station
from tests.support.waiting import until

from insta_stream.library import slate

KILLS = int(os.environ.get("INSTA_STREAM_FAULTS", "10"))
IS_FULL_RUN = KILLS >= 100


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder breaks things."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.faults)
            item.add_marker(pytest.mark.timeout(300 + 30 * KILLS))


@pytest.fixture(scope="session")
def prepared(shared: Path, bundled_ffmpeg: Path) -> Path:
    """A data folder with two videos and a short slate, all packaged."""

    def make(data: Path) -> None:
        clips = make_clips(bundled_ffmpeg, shared / "clips", seconds=6, count=2)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(slate, "make_slate", make_short_slate)
            asyncio.run(_package(data, clips))

    return made_once(shared / "prepared", make)


async def _package(data: Path, clips: list[Path]) -> None:
    async with open_library(data) as library:
        for clip in clips:
            await settled(library, (await library.adopt(clip, clip.name)).id)
        await until(lambda: library.slate(NAMES) is not None, 120)


@pytest.fixture
def data(prepared: Path, tmp_path: Path) -> Path:
    """A copy of the prepared folder, to be ruined."""
    return shutil.copytree(prepared, tmp_path / "data")


@pytest.fixture
def station(data: Path) -> Iterator[Station]:
    """A server whose main channel is on the air."""
    with Station(data) as station:
        go_on_air(station)
        yield station


@pytest.fixture(scope="session")
def clip(shared: Path) -> Path:
    """A video that has to be encoded, which takes a second or more."""
    return made_once(shared / "encoded.mp4", lambda path: make_clip(path, 12))


@pytest.fixture
def ledger(request: pytest.FixtureRequest) -> Iterator[Ledger]:
    """Takes note of what a fault did; the table at the end of the run shows it."""
    ledger = Ledger()
    yield ledger
    request.node.user_properties.extend(ledger.properties())


def go_on_air(station: Station) -> None:
    """Let the main channel play all videos."""
    videos = [video["id"] for video in station.videos()]
    with httpx.Client(base_url=station.url, timeout=30) as client:
        assert client.put("/api/channels/main/playlist", json={"videos": videos}).is_success
        assert client.post("/api/stream/start").is_success

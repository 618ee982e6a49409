"""What the fault tests share: a data folder with a channel that is ready to go on the air.

INSTA_STREAM_FAULTS is how many kills are tried: 5 in a quick run, 100 in a deep one. From 100 on, the tests
also wait for what takes minutes.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.support.clips import make_clips
from tests.support.depth import by_depth
from tests.support.ledger import Ledger
from tests.support.libraries import make_clip
from tests.support.once import made_once
from tests.support.seeds import plant
from tests.support.station import RUNGS, Station
from tests.support.waiting import eventually

KILLS = int(os.environ.get("INSTA_STREAM_FAULTS", by_depth("5", "100")))
IS_FULL_RUN = KILLS >= 100


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder breaks things."""
    for item in items:
        if item.nodeid.startswith("tests/faults/"):
            item.add_marker(pytest.mark.faults)
            item.add_marker(pytest.mark.timeout(300 + 30 * KILLS))


@pytest.fixture
def data(shared: Path, tmp_path: Path) -> Path:
    """A data folder with three videos and a short slate, all packaged, to be ruined."""
    return plant(tmp_path / "data", ",".join(RUNGS), make_clips(shared, seconds=6))


@pytest.fixture
def station(data: Path) -> Iterator[Station]:
    """A server whose main channel is on the air."""
    with Station(data) as station:
        go_on_air(station)
        yield station


@pytest.fixture
def pair(data: Path) -> Iterator[Station]:
    """A server with two workers, whose main channel is on the air."""
    with Station(data, env={"INSTA_STREAM_WORKERS": "2"}) as station:
        go_on_air(station)
        eventually(lambda: len(station.workers) == 2)
        yield station


@pytest.fixture(scope="session")
def clip(shared: Path) -> Path:
    """A video that has to be encoded, which takes a second or more."""
    return made_once(
        shared / "encoded.mp4",
        lambda path: make_clip(path, by_depth(6, 12), picture=by_depth("smptebars", "testsrc2")),
    )


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

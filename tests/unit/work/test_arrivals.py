import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from tests.support.waiting import until
from tests.unit.channels.conftest import MAIN, Desk, Studio

from insta_stream.errors import NotReady
from insta_stream.ids import VideoId
from insta_stream.metrics import Metrics
from insta_stream.work import arrivals
from insta_stream.work.inspections import Outcome


@dataclass
class Door:
    """What the arrivals need of the inspections. refusals: how often the database is busy."""

    outcomes: asyncio.Queue[Outcome] = field(default_factory=asyncio.Queue)
    joined_videos: list[VideoId] = field(default_factory=list)
    refusals: int = 0

    async def joined(self, id_: VideoId) -> None:
        if self.refusals:
            self.refusals -= 1
            raise NotReady
        self.joined_videos.append(id_)


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
async def door(desk: Desk, metrics: Metrics, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Door]:
    monkeypatch.setattr(arrivals, "RETRY_SECONDS", 0.0)
    door = Door()
    seeing_in = asyncio.create_task(arrivals.see_in(door, desk.playlists, metrics))
    yield door
    seeing_in.cancel()
    await asyncio.gather(seeing_in, return_exceptions=True)


def names(desk: Desk) -> list[str]:
    return [item.video.name for item in desk.playlists.status(MAIN).items]


async def test_videos_join_in_order_and_once(studio: Studio, desk: Desk, door: Door) -> None:
    one, two = (studio.shelf.film(name).video.id for name in ("one", "two"))
    await desk.playlists.add(MAIN, [one])  # as before a crash, which left the upload in the database
    door.refusals = 3
    for video in (one, two):
        door.outcomes.put_nowait(Outcome(video, "main", is_video=True))
    await until(lambda: door.joined_videos == [one, two])
    assert names(desk) == ["one", "two"]


async def test_what_cannot_join_keeps_nobody_waiting(
    studio: Studio, desk: Desk, door: Door, metrics: Metrics
) -> None:
    film = studio.shelf.film("one").video.id
    for outcome in (
        Outcome(film, "deleted-meanwhile", is_video=True),
        Outcome(VideoId("0" * 32), "main", is_video=True),
        Outcome(VideoId("1" * 32), "main", is_video=False),
        Outcome(VideoId("2" * 32), "", is_video=True),
        Outcome(film, "main", is_video=True),
    ):
        door.outcomes.put_nowait(outcome)
    await until(lambda: names(desk) == ["one"])
    await until(lambda: door.joined_videos == [film, VideoId("0" * 32), film])
    text = metrics.render().decode()
    assert "insta_stream_uploads_total 4.0" in text
    assert "insta_stream_uploads_refused_total 1.0" in text

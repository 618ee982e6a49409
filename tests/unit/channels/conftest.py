from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.support.databases import database_at
from tests.support.shelf import TestShelf

from insta_stream.channels.playlist import PlaylistManager
from insta_stream.channels.registry import Channels, Defaults
from insta_stream.channels.stream import StreamManager
from insta_stream.clock import Clock
from insta_stream.db.engine import Database
from insta_stream.ids import ChannelSlug, PackageId
from insta_stream.media.ladder import LADDER
from insta_stream.storage.reserve import Reserve
from insta_stream.ticks import TICKS_PER_SECOND, Ticks
from insta_stream.timeline.timeline import Entry
from insta_stream.timeline.window import Window, window

MAIN, MUSIC = ChannelSlug("main"), ChannelSlug("music")

DEFAULTS = Defaults(LADDER, window_seconds=60, target_seconds=2, horizon=Ticks(TICKS_PER_SECOND))


@dataclass
class Hands:
    """What the clock reads; tests move it."""

    nanoseconds: int = 1_800_000_000 * 10**9

    def __call__(self) -> int:
        return self.nanoseconds

    def forward(self, seconds: float) -> None:
        self.nanoseconds += int(seconds * 10**9)


@dataclass
class Studio:
    """Channels over a real database, with a clock that stands still until it is moved."""

    path: Path
    shelf: TestShelf = field(default_factory=TestShelf)
    hands: Hands = field(default_factory=Hands)

    def __post_init__(self) -> None:
        self.reserve = self.path.with_name("reserve")
        self.clock = Clock(wall_ns=self.hands, monotonic_ns=self.hands)

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Desk"]:
        """Start a server's channels on the same database, as a restart does."""
        database = await database_at(self.path)
        channels = Channels(database, self.shelf, self.clock, DEFAULTS)
        await channels.start()
        playlists = PlaylistManager(channels, self.shelf, self.clock)
        try:
            streams = StreamManager(channels, playlists, self.clock, Reserve(self.reserve))
            yield Desk(database, channels, playlists, streams)
        finally:
            await channels.stop()
            await database.close()


@dataclass
class Desk:
    database: Database
    channels: Channels
    playlists: PlaylistManager
    streams: StreamManager


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    return Studio(tmp_path / "channels.db")


@pytest.fixture
async def desk(studio: Studio) -> AsyncIterator[Desk]:
    async with studio.open() as desk:
        yield desk


@pytest.fixture
def shelf(studio: Studio) -> TestShelf:
    return studio.shelf


@pytest.fixture
def hands(studio: Studio) -> Hands:
    return studio.hands


def listed(desk: Desk, studio: Studio, slug: ChannelSlug = MAIN) -> Window:
    channel = desk.channels.get(slug)
    present = channel.on_air
    assert present is not None
    return window(channel.timeline, present.id, studio.clock.now(), listed_until=channel.listed_until)


def programs(desk: Desk) -> list[list[PackageId]]:
    return [[slot.package for slot in run.program.slots] for run in desk.channels.get(MAIN).timeline.runs]


def entries(desk: Desk, slug: ChannelSlug) -> tuple[Entry, ...]:
    return desk.channels.get(slug).timeline.entries


async def failing(*_: object) -> None:
    """Stand in for a function of the store, with a database that does not answer."""
    raise OSError("no answer")

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.support.databases import database_at
from tests.support.shelf import TestShelf
from tests.support.stock import stocked

from insta_stream.channels.channels import Channels, opened
from insta_stream.channels.defaults import Defaults
from insta_stream.channels.editor import Editor
from insta_stream.channels.history import History
from insta_stream.channels.playlist import PlaylistManager
from insta_stream.channels.registry import Registry
from insta_stream.channels.shown import Shown
from insta_stream.channels.stream import StreamManager
from insta_stream.clock import Clock
from insta_stream.db.engine import Database
from insta_stream.ids import ChannelSlug, PackageId
from insta_stream.media.ladder import LADDER
from insta_stream.storage.fence import Fence
from insta_stream.storage.reserve import Reserve
from insta_stream.ticks import TICKS_PER_SECOND, Ticks
from insta_stream.timeline.timeline import Entry
from insta_stream.timeline.window import Window, window
from insta_stream.work.follower import Follower

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
    async def open(self, *, follows: bool = True) -> AsyncIterator["Desk"]:
        """Start a server's channels on the same database, as a restart does. follows: also the news, and the
        library.
        """
        stocked(self.path)
        database, fence = await database_at(self.path), Fence(self.path.with_name("fence"))
        parts = await opened(database, fence, self.shelf, self.clock, DEFAULTS)
        follower = Follower(parts.shown, parts.editor, self.shelf, self.clock)
        follower.begin()
        duties = (parts.shown, follower) if follows else ()
        following = [asyncio.create_task(each.follow()) for each in duties]
        playlists = PlaylistManager(parts.shown, parts.editor, self.shelf, self.clock)
        streams = StreamManager(parts.shown, parts.editor, playlists, self.clock, Reserve(self.reserve))
        try:
            yield Desk(database, parts, playlists, streams)
        finally:
            for task in following:
                task.cancel()
            await asyncio.gather(*following, return_exceptions=True)
            await database.close()
            fence.give_up()


@dataclass
class Desk:
    database: Database
    parts: Channels
    playlists: PlaylistManager
    streams: StreamManager

    @property
    def channels(self) -> Shown:
        return self.parts.shown

    @property
    def registry(self) -> Registry:
        return self.parts.registry

    @property
    def editor(self) -> Editor:
        return self.parts.editor

    @property
    def history(self) -> History:
        return self.parts.history


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
    """Return what a server lists that has just seen that it is up to date."""
    channel = desk.channels.get(slug)
    present = channel.on_air
    assert present is not None
    return window(channel.timeline, present.id, studio.clock.now())


def programs(desk: Desk) -> list[list[PackageId]]:
    return [[slot.package for slot in run.program.slots] for run in desk.channels.get(MAIN).timeline.runs]


def entries(desk: Desk, slug: ChannelSlug) -> tuple[Entry, ...]:
    return desk.channels.get(slug).timeline.entries


async def failing(*_: object) -> None:
    """Stand in for a function of the store, with a database that does not answer."""
    raise OSError("no answer")

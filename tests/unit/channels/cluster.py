"""The world of the timeline's promises, on real channels: several processes' worth of them show and edit what
one SQLite file has, each by a clock of its own; they hear of each other only when a history says so.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection
from tests.support.databases import database_at
from tests.support.stock import keep, stocked
from tests.unit.timeline import world

from insta_stream.channels import store
from insta_stream.channels.channel import Channel
from insta_stream.channels.defaults import Defaults
from insta_stream.channels.editor import Editor
from insta_stream.channels.planner import Planner, Proposal
from insta_stream.channels.registry import Registry
from insta_stream.channels.shelf import Shelf
from insta_stream.channels.shown import Shown
from insta_stream.channels.slug import MAIN
from insta_stream.clock import Clock
from insta_stream.db.engine import Database
from insta_stream.db.news import Heard, News, Writing
from insta_stream.errors import NotReady, WrongState
from insta_stream.ids import PackageId, VideoId
from insta_stream.media.ladder import LADDER
from insta_stream.storage.fence import Fence
from insta_stream.ticks import TICKS_PER_SECOND, Ticks
from insta_stream.timeline import edit as edits
from insta_stream.timeline.playable import Playable
from insta_stream.timeline.table import SegmentTable

SKEWS_MS = (0, -5000, world.SKEW_MS)
"""How far the clocks of the processes are off. One that is behind only lists less."""


@dataclass
class Process(world.Node):
    """One process: what it shows, and its editor."""

    database: Database = field(kw_only=True)
    fence: Fence = field(kw_only=True)
    shown: Shown = field(kw_only=True)
    editor: Editor = field(kw_only=True)

    def look_up(self) -> None:
        """Take note of what is shown now."""
        present = self.shown.get(MAIN).timeline
        if present is not self.snapshot:
            self.snapshot, self.looked_at = present, None


@dataclass
class Cluster(world.World):
    """One channel, on several processes. behind_ms: how far the clock that edits go by is behind.
    counts_ahead: an edit has its number before it has the write lock, and another one may be quicker.
    """

    behind_ms: int = 0
    counts_ahead: bool = False
    between: Callable[[], Awaitable[None]] | None = None
    is_overtaking: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        self.tables = {value.package: value.table for value in self.catalogue.values()}
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name, "insta-stream.db")
        stocked(self.path)
        self.kept: set[PackageId] = set()
        self.keep(world.SLATE, *self.catalogue.values())
        self.defaults = Defaults(LADDER[:2], 20, world.TARGET // TICKS_PER_SECOND, self.horizon)
        self.runner.run(self._open())

    def play(self, history: list[world.Step]) -> None:
        """Let a history happen, and end the processes. Raises Violation where a promise is broken."""
        try:
            super().play(history)
        finally:
            self._close()

    def _close(self) -> None:
        for node in self.processes:
            self.runner.run(node.database.close())
            node.fence.give_up()
        self.runner.close()
        self.folder.cleanup()

    def put(self, value: Playable) -> None:
        super().put(value)
        if hasattr(self, "tables"):
            self.tables[value.package] = value.table
            self.keep(value)

    def keep(self, *films: Playable) -> None:
        """Let the database know of films: no run may name another one."""
        new = {film.package: film.video for film in films if film.package not in self.kept}
        keep(self.path, ((video, package) for package, video in new.items()))
        self.kept |= new.keys()

    def playable(self, video: VideoId, _: object) -> Playable | None:
        return self.catalogue.get(video)

    def need(self, _: VideoId) -> None:
        return None

    def slate(self, _: object) -> Playable:
        return world.SLATE

    async def catch_up(self, _: Heard) -> None:
        """All share one."""

    def table(self, package: PackageId) -> SegmentTable:
        return self.tables[package]

    @property
    def processes(self) -> list[Process]:
        return cast(list[Process], self.nodes)

    async def _open(self) -> None:
        self.nodes = [await self._process(world.milliseconds(skew)) for skew in SKEWS_MS]
        one = self.processes[0]
        registry = Registry(one.shown, one.editor.news, one.editor, cast(Shelf, self), self.defaults)
        await registry.see_to_main()
        if self.counts_ahead:
            await self._count_ahead()
        for node in self.processes:
            await node.shown.ask()
            node.look_up()
        self.timeline = one.snapshot

    async def _process(self, skew: Ticks) -> Process:
        database, fence = await database_at(self.path), Fence(self.path.with_name("fence"))
        of_database = _clock(lambda: Ticks(self.now - world.milliseconds(self.behind_ms)))
        news = News(database, fence, of_database)
        own = _clock(lambda: Ticks(self.now + skew))
        shown = Shown(database, news, self, own, self.defaults.timeline())
        if self.behind_ms:  # the reader's is right
            shown._news = News(database, fence, _clock(lambda: self.now))
        await shown.load()
        editor = Editor(shown, news, Planner(cast(Any, self)))
        process = Process(
            skew, self.timeline, self.now, database=database, fence=fence, shown=shown, editor=editor
        )
        self._slow_down(process)
        return process

    def _slow_down(self, process: Process) -> None:
        """Let others go on between what a process reads, and what it makes of that."""
        ask = process.database.ask

        async def ask_slowly(question: str) -> tuple[Any, ...] | None:
            row = await ask(question)
            between, self.between = self.between, None
            if between is not None:
                await between()
            return row

        process.database.ask = ask_slowly  # type: ignore[method-assign]

    async def _count_ahead(self) -> None:
        async with self.processes[0].database.write() as connection:
            await connection.execute(text("DROP TRIGGER channel_revision_rises"))
        numbers = count(100)
        for process in self.processes:
            process.editor.news.edit = self._numbered(process, numbers)  # type: ignore[method-assign]

    def _numbered(self, process: Process, numbers: Iterator[int]) -> Any:
        edit, other = process.editor.news.edit, self.processes[process is self.processes[0]]

        @asynccontextmanager
        async def numbered() -> AsyncIterator[Writing]:
            number = next(numbers)
            if not self.is_overtaking:
                self.is_overtaking = True
                with suppress(WrongState):
                    await other.editor.edit(MAIN, lambda channel: Proposal(channel, edits.Skip()))
                self.is_overtaking = False
            async with edit() as writing:
                yield _Numbered(writing.connection, writing.now, number)

        return numbered

    def step(self, kind: str, wait_ms: int, commit_ms: int, a: int, b: int) -> None:
        self.now = Ticks(self.now + world.milliseconds(wait_ms) // 2)
        self.look()
        self.runner.run(self.processes[a % len(self.nodes)].shown.ask())
        self.now = Ticks(self.now + world.milliseconds(wait_ms) // 2)
        self.look()
        edit = self.edit(kind, a, b)
        if edit is not None:
            takes, writer = world.milliseconds(commit_ms * self.slowness), self.processes[b % len(self.nodes)]
            self.runner.run(self._committed(edit, takes, writer, is_slow=a % 3 == 0))
            self.look()

    async def _committed(self, edit: edits.Edit, takes: Ticks, writer: Process, *, is_slow: bool) -> None:
        """Let a process edit, if need be between what another one reads and what that makes of it."""

        async def change() -> None:
            await self._change(edit, takes, writer)

        other = next(each for each in self.processes if each is not writer)
        if is_slow:
            self.between = change
            await other.shown.ask()
            if self.between is None:
                return
            self.between = None  # an edit was in the way
        await change()

    async def _change(self, edit: edits.Edit, takes: Ticks, writer: Process) -> None:
        async with self._storing(takes, writer):
            try:
                await writer.editor.edit(MAIN, lambda channel: Proposal(channel, edit))
            except (WrongState, NotReady):  # not in this state; or it took too long
                return
        self.timeline = writer.shown.get(MAIN).timeline
        self.served |= {broadcast.id for broadcast in self.timeline.broadcasts}
        self.look()

    @asynccontextmanager
    async def _storing(self, takes: Ticks, writer: Process) -> AsyncIterator[None]:
        """While an edit is being stored time goes on, and others ask for news and are looked at."""
        update = store.update

        async def store_slowly(connection: Any, before: Channel, after: Channel) -> None:
            await update(connection, before, after)
            for _ in range(2):
                self.now = Ticks(self.now + takes // 2)
                for each in self.processes:
                    if each is not writer:
                        await each.shown.ask()
                self.look()

        store.update = store_slowly
        try:
            yield
        finally:
            store.update = update

    def look(self) -> None:
        for node in self.processes:
            node.look_up()
        super().look()

    def edge(self, node: world.Node) -> Ticks:
        shown = cast(Process, node).shown
        return shown.edge(shown.get(MAIN))


class _Numbered(Writing):
    """An edit that has its number from a sequence."""

    def __init__(self, connection: AsyncConnection, now: Ticks, number: int) -> None:
        super().__init__(connection, now)
        self.number = number

    async def tell(self, *, is_deletion: bool = False) -> int:
        assert not is_deletion
        statement = text("UPDATE news SET revision = max(revision, :number)")
        await self.connection.execute(statement, {"number": self.number})
        return self.number


def _clock(now: Callable[[], Ticks]) -> Clock:
    return cast(Clock, SimpleNamespace(now=now))

"""Every video and package, in memory and in the database: written there first, then shown.

Other processes write, too. Who changes something reads first, in the same transaction, what they have changed
since; who only shows is told by the news.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Container, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from insta_stream.db import videos
from insta_stream.db.engine import Database
from insta_stream.db.news import Heard, heard, tell_library
from insta_stream.db.videos import PackageRow, VideoRow
from insta_stream.ids import PackageId, VideoId, new_id
from insta_stream.library import verdict
from insta_stream.library.draft import anew
from insta_stream.library.holdings import Holdings
from insta_stream.library.published import emptied
from insta_stream.library.whole import whole
from insta_stream.media import stored
from insta_stream.media.model import Inspection, Plan
from insta_stream.ticks import Ticks

log = structlog.get_logger()

Check = Callable[[AsyncConnection], Awaitable[None]]
"""Looks, in the transaction of a deletion, whether it is still right; by then all that is stored is shown.
Raises what says that it is not; then nothing has changed.
"""


@dataclass(slots=True)
class Change:
    """A transaction that changes the library. revision: its number. What it changes is shown once it is
    stored.
    """

    connection: AsyncConnection
    revision: int
    videos: list[VideoRow] = field(default_factory=list)
    packages: list[PackageRow] = field(default_factory=list)

    async def add_video(self, video: VideoRow) -> None:
        """Add a video."""
        self.videos.append(replace(video, revision=self.revision))
        await videos.insert_video(self.connection, self.videos[-1])

    async def add_package(self, package: PackageRow, inspection: Inspection, plan: Plan) -> None:
        """Add a package."""
        self.packages.append(replace(package, revision=self.revision))
        documents = stored.dump_inspection(inspection), stored.dump_plan(plan)
        await videos.insert_package(
            self.connection, self.packages[-1], inspection=documents[0], plan=documents[1]
        )

    async def add_package_like(self, known: PackageRow, package: PackageRow) -> None:
        """Add a package with the inspection and the plan of another one, whatever is in them."""
        self.packages.append(replace(package, revision=self.revision))
        inspection, plan = await videos.load_documents(self.connection, known.id)
        await videos.insert_package(self.connection, self.packages[-1], inspection=inspection, plan=plan)

    async def replace_package(self, package: PackageRow, inspection: Inspection, plan: Plan) -> None:
        """Write a package anew of which nothing has been made."""
        self.packages.append(replace(package, revision=self.revision))
        documents = stored.dump_inspection(inspection), stored.dump_plan(plan)
        await videos.replace_package(
            self.connection, self.packages[-1], inspection=documents[0], plan=documents[1]
        )

    async def put_video(self, before: VideoRow, after: VideoRow) -> None:
        """Write what has changed of a video."""
        self.videos.append(replace(after, revision=self.revision))
        await videos.update_video(self.connection, before, self.videos[-1])

    async def put_package(self, before: PackageRow, after: PackageRow) -> None:
        """Write what has changed of a package."""
        self.packages.append(replace(after, revision=self.revision))
        await videos.update_package(self.connection, before, self.packages[-1])


class Superseded(Exception):
    """Another attempt at a package has taken the place of the one that writes."""


class Catalogue(Holdings):
    """The videos and packages there are. Reading touches memory only.

    A package has one writer at a time (`attempt`), or who has stopped its job.
    """

    def __init__(self, database: Database) -> None:
        super().__init__()
        self._database = database
        self._revision = 0

    async def load(self) -> None:
        """Read everything from the database."""
        async with self._database.read() as connection:
            self._revision = (await heard(connection, Ticks(0))).library
            found = await videos.load_videos(connection, _say_broken)
            packages = await videos.load_packages(connection, _say_broken)
        self._show_read(found, packages)

    async def catch_up(self, news: Heard) -> None:
        """Show what other processes have changed. Raises NotReady, DiskFull."""
        if news.library > self._revision:
            async with self._database.read() as connection:
                await self._read_newer(connection)

    @whole
    async def documents(self, id_: PackageId) -> tuple[Inspection, Plan]:
        """Return a package's inspection and plan, from the database."""
        async with self._database.read() as connection:
            inspection, plan = await videos.load_documents(connection, id_)
        return stored.load_inspection(inspection), stored.load_plan(plan)

    @whole
    async def add(self, video: VideoRow, package: PackageRow, inspection: Inspection, plan: Plan) -> None:
        """Add a video with its first package."""
        async with self._change() as change:
            await change.add_video(video)
            await change.add_package(package, inspection, plan)

    @whole
    async def add_package(self, package: PackageRow, inspection: Inspection, plan: Plan) -> None:
        """Add another package of a video, which is not current yet."""
        async with self._change() as change:
            await change.add_package(package, inspection, plan)

    @whole
    async def begin_anew(self, id_: VideoId, now: Ticks) -> None:
        """Add a package of a video of which nothing has been made; its file is to be inspected anew first.

        Raises Unknown.
        """
        async with self._change() as change:
            newest = self.newest(self.video(id_).id)
            await change.add_package_like(newest, anew(newest, now))

    @whole
    async def reinspect(self, package: PackageRow, inspection: Inspection, plan: Plan, token: str) -> None:
        """Write a package anew of which nothing has been made. token: of the attempt. Raises Superseded."""
        async with self._change() as change:
            self._writable(package.id, token)
            await change.replace_package(package, inspection, plan)

    @whole
    async def claim(self, id_: PackageId) -> str:
        """Let nobody write a package but who has the token that is returned. Raises Unknown."""
        token = new_id()
        async with self._change() as change:
            package = self.package(id_)
            await change.put_package(package, replace(package, writer=token))
        return token

    @whole
    async def save(self, package: PackageRow, token: str | None = None) -> None:
        """Write what has changed of a package, show it, and announce it where it matters to channels.

        token: of the attempt that writes; None where no attempt can be under way. Raises Superseded.
        """
        async with self._change() as change:
            present = self._writable(package.id, token)
            await change.put_package(present, replace(package, writer=present.writer))

    @whole
    async def make_current(self, id_: PackageId, token: str | None = None) -> None:
        """Let a package take the place of its video's current one. token: as for `save`.

        Raises Superseded.
        """
        async with self._change() as change:
            new = self._writable(id_, token)
            old = self.current(new.video)
            await change.put_package(old, replace(old, is_current=False))
            await change.put_package(new, replace(new, is_current=True))

    @whole
    async def conclude(
        self, id_: PackageId, decide: Callable[[PackageRow], PackageRow], token: str | None = None
    ) -> PackageRow:
        """Write what becomes of a package of which nothing more is made, and return it: it takes the place of
        its video's current one, or that fails as well, where it was unfinished and only waited for this one.

        decide: is given the package as it is stored. token: of the attempt that ends; None for whoever ends
        all attempts. Raises Superseded, Unknown, and what `decide` raises.
        """
        async with self._change() as change:
            present = self._writable(id_, token)
            concluded = replace(decide(present), writer=new_id() if token is None else token)
            airs = self.current(present.video)
            if concluded.state == "ready" and verdict.takes_over(concluded, airs):
                concluded = replace(concluded, is_current=True)
                await change.put_package(airs, replace(airs, is_current=False))
            elif concluded.state == "failed" and airs.id != id_ and airs.state == "packaging":
                await change.put_package(airs, replace(airs, state="failed", error=concluded.error))
            await change.put_package(present, concluded)
        verdict.tell(concluded)
        return concluded

    @whole
    async def rename(self, id_: VideoId, name: str) -> None:
        """Give a video another name. Raises Unknown."""
        async with self._change() as change:
            video = self.video(id_)
            await change.put_video(video, replace(video, name=name))

    @whole
    async def delete(self, id_: VideoId, now: Ticks) -> None:
        """Make a video a tombstone: it can no longer air, and what aired keeps its name. Raises Unknown."""
        async with self._change() as change:
            video = self.video(id_)
            await change.put_video(video, replace(video, deleted_at=now))

    @whole
    async def restore(self, id_: VideoId) -> None:
        """Bring back a video that was deleted. Raises what `deleted` raises."""
        async with self._change() as change:
            video = self.deleted(id_)
            await change.put_video(video, replace(video, deleted_at=None))

    @whole
    async def release(self, id_: VideoId, now: Ticks) -> None:
        """Let a deleted video be gone for good. Raises what `deleted` raises, but for the slate."""
        async with self._change() as change:
            video = self.row(id_) if self.row(id_).is_hidden else self.deleted(id_)
            await change.put_video(video, replace(video, released_at=now, has_original=False))

    @whole
    async def note_original(self, id_: VideoId, *, is_there: bool) -> None:
        """Write whether the original of a video is there. Raises Unknown."""
        async with self._change() as change:
            video = self.row(id_)
            await change.put_video(video, replace(video, has_original=is_there))

    @whole
    async def drop_original(self, id_: VideoId, check: Check) -> None:
        """Write that the original of a video is gone. Raises Unknown, and what `check` raises."""
        async with self._change() as change:
            await check(change.connection)
            video = self.video(id_)
            await change.put_video(video, replace(video, has_original=False))

    @whole
    async def empty(self, id_: PackageId, check: Check) -> None:
        """Write that all files of a package are gone. Raises Unknown, and what `check` raises."""
        async with self._change() as change:
            await check(change.connection)
            package = self.package(id_)
            await change.put_package(package, emptied(package))

    @whole
    async def forget(self, id_: PackageId, check: Check) -> None:
        """Remove the row of a package whose files are gone. Raises Unknown, and what `check` raises."""
        async with self._change(is_forgotten=True) as change:
            await check(change.connection)
            await videos.delete_package(change.connection, self.package(id_).id)
        self.show(forgotten=[id_])

    def _writable(self, id_: PackageId, token: str | None) -> PackageRow:
        package = self.package(id_)
        if token is not None and package.writer != token:
            raise Superseded
        return package

    @asynccontextmanager
    async def _change(self, *, is_forgotten: bool = False) -> AsyncIterator[Change]:
        """Give a transaction in which what is shown is as the database has it. is_forgotten: a package."""
        async with self._database.write() as connection:
            await self._read_newer(connection)
            change = Change(connection, await tell_library(connection, is_forgotten=is_forgotten))
            yield change
        self.show(change.videos, change.packages)
        self._revision = max(self._revision, change.revision)

    async def _read_newer(self, connection: AsyncConnection) -> None:
        """Show what others have changed since, as a transaction sees it."""
        news, since = await heard(connection, Ticks(0)), self._revision
        if news.library == since:
            return
        found = await videos.load_videos(connection, videos.pass_over, since)
        packages = await videos.load_packages(connection, videos.pass_over, since)
        is_one_gone = news.last_forgotten > since
        known = await videos.package_ids(connection) if is_one_gone else None
        # What is newer than the news was added after it.
        old = [] if known is None else [each for each in self.packages() if each.revision <= news.library]
        gone = [each.id for each in old if known is not None and each.id not in known]
        self._show_read(found, packages, gone)
        self._revision = max(self._revision, news.library)

    def _show_read(
        self, found: Sequence[VideoRow], packages: Sequence[PackageRow], gone: Sequence[PackageId] = ()
    ) -> None:
        """Show what was read, but for what lacks its counterpart."""
        aired = {package.video for package in packages if package.is_current}
        whole = [video for video in found if self.find(video.id) is not None or _is_whole(video, aired)]
        known = {video.id for video in whole}
        self.show(whole, [each for each in packages if each.video in known or self.find(each.video)], gone)


def _say_broken(table: str, id_: str, error: Exception) -> None:
    """Say that what is stored of a video or a package cannot be read; the others air."""
    log.error("row_broken", table=table, id=id_, reason=str(error))


def _is_whole(video: VideoRow, aired: Container[VideoId]) -> bool:
    """Return whether a video has the package that everybody takes for granted."""
    is_whole = video.released_at is not None or video.id in aired
    if not is_whole:
        log.error("video_without_package", video=video.id)
    return is_whole

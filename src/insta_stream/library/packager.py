"""Makes a package: step by step, from where it stands, whatever became of the attempt before."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from functools import partial

import structlog

from insta_stream.clock import Clock
from insta_stream.db.videos import PackageRow
from insta_stream.errors import DiskFull, PackagingFailed
from insta_stream.ids import PackageId, VideoId, new_id
from insta_stream.library import forecast, published, verdict
from insta_stream.library.attempt import Attempt, Work, begin_attempt
from insta_stream.library.catalogue import Catalogue
from insta_stream.library.forecast import Pace
from insta_stream.library.headway import Headway
from insta_stream.library.lane import Lane
from insta_stream.library.profile import Profile
from insta_stream.library.recount import recount
from insta_stream.library.shorter import shortened
from insta_stream.library.side_by_side import together
from insta_stream.library.steps import PackagingStep, can_split, renditions, side_by_side, steps, with_starter
from insta_stream.library.verdict import CANCELLED
from insta_stream.library.video import Progress
from insta_stream.library.watch import Watch
from insta_stream.library.whole import whole
from insta_stream.media import encoding
from insta_stream.media.command import Source
from insta_stream.media.encoding import EncodingProgress, PackageJob, SourceShorter
from insta_stream.media.ffmpeg import FFmpeg
from insta_stream.media.model import Caution, Inspection, Plan
from insta_stream.media.plan import plan
from insta_stream.media.poster import make_pictures, sharp_enough
from insta_stream.media.process import ProcessFailed
from insta_stream.storage.folder import DataFolder
from insta_stream.ticks import Ticks, seconds

log = structlog.get_logger()

CRASHES = 3
"""A video that was being packaged at this many crashes of the server in a row is given up."""

FAILURES = 3
"""Failures of FFmpeg in a row, without a new segment, after which a rendition is given up."""

URGENT_JOBS = 2
"""How many videos are brought to the air at the same time: more would make all of them late."""

TRIAL = seconds(2)
"""How long a ladder that is made in one go has to show its speed; it counts the start of FFmpeg, too."""

_URGENT_NICE, _LADDER_NICE, _SLATE_NICE = 5, 15, 10
"""Priorities: first what somebody waits for; at a first start the slate gives way to the first videos."""


class _TurnOver(Exception):
    """A video that can air already has to give up its place for a while."""


class _LadderTooSlow(Exception):
    """A ladder that was to air while it grows is too slow for that; its lowest rung has to go first."""


class Packager:
    """Makes packages of videos. headway: how far each is."""

    def __init__(
        self, catalogue: Catalogue, folder: DataFolder, ffmpeg: FFmpeg, clock: Clock, profile: Profile
    ) -> None:
        self._catalogue = catalogue
        self._folder = folder
        self._ffmpeg = ffmpeg
        self._clock = clock
        self._profile = profile
        self._copies = asyncio.Semaphore(URGENT_JOBS)
        self._urgent = Lane(URGENT_JOBS)
        self._ladders = asyncio.Semaphore(profile.jobs)
        self._headway = Headway()
        self._work: dict[PackageId, Work] = {}

    @property
    def headway(self) -> Headway:
        """How far each package is."""
        return self._headway

    @property
    def urgent(self) -> Lane:
        """The places for what somebody waits for."""
        return self._urgent

    def plan(self, inspection: Inspection) -> Plan:
        """Return how a file is packaged here."""
        return plan(inspection, self._profile.ladder, self._profile.segment_seconds)

    def begin(self, video: VideoId, plan: Plan, cautions: Sequence[Caution] = ()) -> PackageRow:
        """Return a new package, of which nothing has been made."""
        return PackageRow(
            id=PackageId(new_id()),
            video=video,
            created_at=self._clock.now(),
            state="packaging",
            is_current=False,
            is_airable=False,
            has_pictures=False,
            attempts=0,
            error="",
            table=plan.table,
            cautions=(*plan.cautions, *cautions),
            renditions=renditions(plan),
        )

    async def make(self, video: VideoId) -> None:
        """Bring the newest package of a video to its end: complete, or given up with a reason.

        Raises DiskFull when there is no room at present. Cancelling stops FFmpeg and keeps what is
        published.
        """
        while (package := self._catalogue.newest(video)).state == "packaging":
            attempt = await begin_attempt(self._catalogue, package.id)
            with self._showing(attempt):
                inspection, plan = await self._catalogue.documents(package.id)
                try:
                    source = Source(self._folder.original(video).absolute(), inspection)
                    await self._make(package.id, source, plan)
                except SourceShorter as shorter:
                    await self._begin_shorter(package, inspection, shorter)

    async def check(self, video: VideoId) -> None:
        """Look whether a video's newest package is all there; if not, it is to be packaged again."""
        package = self._catalogue.newest(video)
        if package.state == "ready":
            await recount(await begin_attempt(self._catalogue, package.id), self._folder)

    @contextmanager
    def _showing(self, attempt: Attempt) -> Iterator[None]:
        self._headway.waits(attempt.package)
        self._work[attempt.id] = Work(attempt)
        try:
            yield
        finally:
            del self._work[attempt.id]
            self._headway.ends(attempt.id)

    def has_lost(self, video: VideoId) -> bool:
        """Return whether what is being made of a video here is no more to be: another attempt has begun, it
        was cancelled, or it is deleted.
        """
        made = (self._work.get(package.id) for package in self._catalogue.packages_of(video))
        return any(work.attempt.is_over for work in made if work is not None)

    async def _make(self, id_: PackageId, source: Source, plan: Plan) -> None:
        attempt = self._work[id_].attempt
        await recount(attempt, self._folder)
        if not source.path.exists():
            await self._give_up(id_, _missing(self._catalogue.package(id_)), "The original file is missing.")
        if self._catalogue.package(id_).attempts >= CRASHES:
            reason = f"The server crashed {CRASHES} times in a row while encoding this video."
            await self._give_up(id_, _missing(self._catalogue.package(id_)), reason)
        for group in side_by_side(steps(self._catalogue.package(id_).renditions)):
            await together(self._do(id_, step, source, plan) for step in group)
        await verdict.conclude(attempt)

    async def _do(self, id_: PackageId, step: PackagingStep, source: Source, plan: Plan) -> None:
        """Make the renditions of a step, and the pictures when they are the first that are complete."""
        try:
            await self._make_renditions(id_, step, source, plan)
        except _LadderTooSlow:
            for part in await self._split(id_, step):
                await self._do(id_, part, source, plan)
        else:
            await self._make_pictures(id_)

    async def _split(self, id_: PackageId, ladder: PackagingStep) -> Sequence[PackagingStep]:
        """Make the lowest rung of a ladder a starter after all; return the steps that come of it."""
        async with self._work[id_].writing:
            package = self._catalogue.package(id_)
            made = with_starter(package.renditions, ladder)
            await self._work[id_].attempt.save(replace(package, renditions=made))
        log.info("ladder_slow", package=id_, video=package.video, starter=ladder.renditions[-1])
        return [step for step in steps(made) if step.name != "copy"]

    async def _make_renditions(self, id_: PackageId, step: PackagingStep, source: Source, plan: Plan) -> None:
        """Make the renditions of a step. What fails in company is tried alone, to see whose fault it is."""
        failures = 0
        while missing := _missing(self._catalogue.package(id_), step.renditions):
            # The lowest first: once it is complete, it serves every rung while the others are tried.
            names = missing if failures == 0 else missing[-1:]
            job = PackageJob(
                source=source,
                plan=plan,
                renditions=names,
                package=self._folder.package(id_),
                work=self._folder.work,
                nice=self._nice(id_, step),
            )
            before = self._published_of(id_, names)
            self._rest(id_)
            try:
                async with self._place(id_, step):
                    error = await self._attempt(id_, step, job)
            except _TurnOver:
                continue
            failures = failures + 1 if before == self._published_of(id_, names) else 0
            if failures >= FAILURES:
                await self._give_up(id_, names, error or "FFmpeg produced nothing from it.")
                failures = 0

    def _rest(self, id_: PackageId) -> None:
        """Show that a package waits, unless something else is made of it meanwhile."""
        work = self._work[id_]
        if not work.speeds and not work.is_drawing:
            self._headway.waits(self._catalogue.package(id_))

    def _published_of(self, id_: PackageId, names: Sequence[str]) -> list[int]:
        return [each.published for each in self._catalogue.package(id_).renditions if each.name in names]

    @asynccontextmanager
    async def _place(self, id_: PackageId, step: PackagingStep) -> AsyncIterator[None]:
        """Wait for a place in which a step is made, and have it for the block."""
        if step.name == "copy" or not step.is_urgent:
            async with self._copies if step.name == "copy" else self._ladders:
                yield
            return
        package, work = self._catalogue.package(id_), self._work[id_]
        grown = package.table.start(min(self._published_of(id_, step.renditions)))
        async with self._urgent.place(is_growing=package.is_airable, order=grown) as place:
            work.place = place
            try:
                yield
            finally:
                work.place = None

    def _nice(self, id_: PackageId, step: PackagingStep) -> int:
        if self._catalogue.package(id_).video == self._catalogue.hidden():
            return _SLATE_NICE
        return _URGENT_NICE if step.is_urgent else _LADDER_NICE

    async def _attempt(self, id_: PackageId, step: PackagingStep, job: PackageJob) -> str:
        """Run FFmpeg once; return why it failed, or "".

        The attempt is counted before it begins, and the count begins anew when something is published or
        FFmpeg ends in order, whichever way: what stays counted are crashes of the server that got nowhere.
        """
        if self._folder.free_bytes() < self._profile.min_free_bytes:
            raise DiskFull("Encoding is waiting for free disk space.")
        work = self._work[id_]
        async with work.writing:
            package = self._catalogue.package(id_)
            if not work.speeds:
                await work.attempt.save(replace(package, attempts=package.attempts + 1))
            work.speeds[step.name] = 0.0
        pace = Pace(self._clock.now(), package)
        watch = Watch(partial(self._published, id_, step, pace), partial(self._progressed, id_, step, pace))
        writer = asyncio.create_task(watch.write())
        try:
            await encoding.package(self._ffmpeg, job, watch)
        except SourceShorter:
            raise
        except PackagingFailed as failed:
            log.warning(
                "packaging_failed",
                package=id_,
                video=package.video,
                step=step.name,
                reason=failed.message,
                said=failed.stderr if isinstance(failed, ProcessFailed) else "",
            )
            return failed.message
        finally:
            watch.close()
            await self._end_in_order(id_, step, writer)
        return ""

    @whole
    async def _end_in_order(self, id_: PackageId, step: PackagingStep, writer: asyncio.Task[None]) -> None:
        """Write the last that was published, and that the server has not crashed."""
        await writer
        work = self._work[id_]
        async with work.writing:
            del work.speeds[step.name]
            await work.attempt.save(replace(self._catalogue.package(id_), attempts=0))

    async def _make_pictures(self, id_: PackageId) -> None:
        """Make poster and strip once, of the first rendition that is complete. A video can do without."""
        package, work = self._catalogue.package(id_), self._work[id_]
        complete = [each.name for each in package.renditions if each.is_complete]
        if package.has_pictures or work.is_drawing or not complete:
            return
        work.is_drawing = True
        self._headway.draws(package)
        path, count = self._folder.package(id_), package.table.count
        try:
            async with self._urgent.place():
                await make_pictures(self._ffmpeg, path, sharp_enough(complete), count, self._folder.work)
        except PackagingFailed as failed:
            log.warning("pictures_failed", package=id_, video=package.video, reason=failed.message)
            return
        finally:
            work.is_drawing = False
        async with work.writing:
            await work.attempt.save(replace(self._catalogue.package(id_), has_pictures=True))

    async def cancel(self, video: VideoId) -> None:
        """Give up what is missing of a video's newest package, whose job has been stopped."""
        attempt = await begin_attempt(self._catalogue, self._catalogue.newest(video).id)
        if missing := _missing(attempt.package):
            await verdict.give_up(attempt, missing, CANCELLED)
        await verdict.conclude(attempt)

    async def _published(
        self, id_: PackageId, step: PackagingStep, pace: Pace, counts: Mapping[str, int], speed: float
    ) -> None:
        """Write how many segments there are now, then show it.

        speed: as FFmpeg tells it; 0 at first, when a copy may have come far already.
        """
        work = self._work[id_]
        async with work.writing:
            package = self._catalogue.package(id_)
            grown = await asyncio.to_thread(published.extend, self._folder, package, counts)
            work.speeds[step.name] = speed or pace.speed(grown, list(counts), self._clock.now())
            if grown == package.renditions:
                return
            package = replace(package, renditions=grown, attempts=0)
            if not package.is_airable:
                wait = forecast.seconds_until_airable(package, self._profile.rungs, work.speed)
                package = replace(package, is_airable=wait == 0)
            await work.attempt.save(package)
            if step.name != "copy" and work.place:
                self._urgent.note(work.place, is_growing=package.is_airable)
            if package.is_airable:
                await verdict.take_over(work.attempt)

    def _progressed(self, id_: PackageId, step: PackagingStep, pace: Pace, now: EncodingProgress) -> None:
        package, work = self._catalogue.package(id_), self._work[id_]
        if step.name != "copy" and work.place and self._urgent.is_wanted(work.place):
            raise _TurnOver
        work.speeds[step.name] = now.speed
        share = forecast.share_done(package)
        clock = self._clock.now()
        left = pace.seconds_left(share, clock)
        self._headway.encodes(id_, Progress(step.name, round(100 * share, 1), now.fps, now.speed, left))
        if package.is_airable:
            self._headway.can_air(id_)
            return
        wait = forecast.seconds_until_airable(package, self._profile.rungs, work.speed)
        is_tried = clock - pace.began_at >= TRIAL and self._can_split(package, step)
        if is_tried and forecast.needs_starter(wait, now.speed):
            raise _LadderTooSlow
        wait = left if wait is None else wait
        if wait is not None:
            self._headway.will_air(id_, Ticks(clock + seconds(wait)))

    def _can_split(self, package: PackageRow, step: PackagingStep) -> bool:
        """Say whether a starter could be taken out of a step; the slate is short, and wanted in all rungs."""
        return package.video != self._catalogue.hidden() and can_split(step, package.renditions)

    async def _give_up(self, id_: PackageId, names: Sequence[str], reason: str) -> None:
        work = self._work[id_]
        if names:
            async with work.writing:
                await verdict.give_up(work.attempt, names, reason)

    async def _begin_shorter(self, package: PackageRow, inspection: Inspection, found: SourceShorter) -> None:
        """Plan a package of what there really is; it takes the place of the present one when it can air.

        What was published of the present one stays as it is, because it may be on the air.
        """
        log.warning("source_shorter", package=package.id, video=package.video, frames=found.frames)
        if not 0 < found.frames < inspection.frame_count:
            await verdict.fail(self._work[package.id].attempt, found.message)
            return
        shorter = shortened(inspection, found.frames)
        plan = self.plan(shorter)
        caution = Caution("source_shorter", "The end of the file is damaged or missing.")
        await self._catalogue.add_package(self.begin(package.video, plan, [caution]), shorter, plan)


def _missing(package: PackageRow, among: Sequence[str] | None = None) -> tuple[str, ...]:
    return tuple(
        each.name
        for each in package.renditions
        if not (each.is_complete or each.error) and (among is None or each.name in among)
    )

"""Makes a package: step by step, from where it stands, whatever became of the attempt before."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import structlog

from insta_stream.db.videos import PackageRow
from insta_stream.errors import DiskFull, NotAVideo, PackagingFailed
from insta_stream.ids import PackageId, VideoId
from insta_stream.library import forecast, published, verdict
from insta_stream.library.attempt import Attempt, begin_attempt, held
from insta_stream.library.draft import Drafts, renditions
from insta_stream.library.forecast import Pace
from insta_stream.library.parts import Parts
from insta_stream.library.recount import recount
from insta_stream.library.side_by_side import together
from insta_stream.library.verdict import missing
from insta_stream.library.video import Progress, Step
from insta_stream.library.whole import whole
from insta_stream.media import encoding
from insta_stream.media.command import Source
from insta_stream.media.encoding import EncodingProgress, PackageJob, SourceShorter
from insta_stream.media.ffmpeg import FFmpeg
from insta_stream.media.model import Caution, Inspection, Plan
from insta_stream.media.poster import make_pictures, sharp_enough
from insta_stream.media.process import ProcessFailed
from insta_stream.ticks import Ticks, seconds
from insta_stream.work.headway import Telling
from insta_stream.work.lane import Lane, Place
from insta_stream.work.shorter import shortened
from insta_stream.work.steps import PackagingStep, can_split, side_by_side, steps, with_starter
from insta_stream.work.watch import Watch

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


@dataclass(slots=True)
class _Work:
    """What is going on with one package. speeds: of the runs of FFmpeg at this moment, by step, 0 at first.

    writing: held from reading the package's row to writing it, because two steps may publish at once. place:
    in the urgent lane, while it has one.
    """

    attempt: Attempt
    speeds: dict[Step, float] = field(default_factory=dict)
    writing: asyncio.Lock = field(default_factory=asyncio.Lock)
    is_drawing: bool = False
    place: Place | None = None

    @property
    def speed(self) -> float:
        """The speed that the package can be counted on to grow with."""
        return min(self.speeds.values(), default=0.0)


class Packager:
    """Makes packages of videos. inspect: what is in a file."""

    def __init__(
        self,
        parts: Parts,
        ffmpeg: FFmpeg,
        drafts: Drafts,
        telling: Telling,
        inspect: Callable[[Path], Awaitable[Inspection]],
    ) -> None:
        self._catalogue = parts.catalogue
        self._folder = parts.folder
        self._ffmpeg = ffmpeg
        self._drafts = drafts
        self._clock = drafts.clock
        self._profile = drafts.profile
        self._telling = telling
        self._inspect = inspect
        self._copies = asyncio.Semaphore(URGENT_JOBS)
        self._urgent = Lane(URGENT_JOBS)
        self._ladders = asyncio.Semaphore(drafts.profile.jobs)
        self._work: dict[PackageId, _Work] = {}

    def waits(self) -> tuple[float, ...]:
        """Return for how many seconds each video waits here that cannot air yet, longest first."""
        return self._urgent.waits()

    async def make(self, video: VideoId) -> None:
        """Bring the newest package of a video to its end: complete, or given up with a reason.

        Raises DiskFull when there is no room at present. Cancelling stops FFmpeg and keeps what is
        published.
        """
        while self._catalogue.is_being_made(video):
            attempt = await begin_attempt(self._catalogue, self._catalogue.newest(video).id)
            try:
                async with held(attempt, self._folder):
                    with self._at_work(attempt):
                        await self._make(attempt)
            except SourceShorter as shorter:
                await self._begin_shorter(attempt, shorter)

    def has_lost(self, video: VideoId) -> bool:
        """Return whether what is being made of a video here is no more to be: another attempt has begun, it
        was cancelled, or it is deleted.
        """
        made = (self._work.get(package.id) for package in self._catalogue.packages_of(video))
        return any(work.attempt.is_over for work in made if work is not None)

    @contextmanager
    def _at_work(self, attempt: Attempt) -> Iterator[None]:
        self._work[attempt.id] = _Work(attempt)
        try:
            yield
        finally:
            del self._work[attempt.id]
            self._telling.ends(attempt.id)

    async def _make(self, attempt: Attempt) -> None:
        id_, path = attempt.id, self._folder.original(attempt.package.video).absolute()
        if not attempt.package.is_inspected and path.exists() and not await self._is_inspected(attempt, path):
            return
        inspection, plan = await self._catalogue.documents(id_)
        await recount(attempt, self._folder)
        if not path.exists():
            await self._give_up(id_, missing(attempt.package), "The original file is missing.")
        if attempt.package.attempts >= CRASHES:
            reason = f"The server crashed {CRASHES} times in a row while encoding this video."
            await self._give_up(id_, missing(attempt.package), reason)
        source = Source(path, inspection)
        for group in side_by_side(steps(attempt.package.renditions)):
            await together(self._do(id_, step, source, plan) for step in group)
        await attempt.conclude(verdict.concluded)

    async def _is_inspected(self, attempt: Attempt, path: Path) -> bool:
        """Inspect a file anew, and plan its package by that; return whether it is still a video."""
        try:
            inspection = await self._inspect(path)
        except NotAVideo as error:
            await attempt.conclude(partial(verdict.failed, error=error.message))
            return False
        plan = self._drafts.plan(inspection)
        planned = replace(
            attempt.package,
            is_inspected=True,
            table=plan.table,
            renditions=renditions(plan),
            cautions=plan.cautions,
        )
        await attempt.inspected(planned, inspection, plan)
        return True

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
        while lacking := missing(self._catalogue.package(id_), step.renditions):
            # The lowest first: once it is complete, it serves every rung while the others are tried.
            names = lacking if failures == 0 else lacking[-1:]
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
            self._telling.waits(id_)

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
        self._telling.draws(package)
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
                await self._take_over(work.attempt)

    def _progressed(self, id_: PackageId, step: PackagingStep, pace: Pace, now: EncodingProgress) -> None:
        package, work = self._catalogue.package(id_), self._work[id_]
        if step.name != "copy" and work.place and self._urgent.is_wanted(work.place):
            raise _TurnOver
        work.speeds[step.name] = now.speed
        share = forecast.share_done(package)
        clock = self._clock.now()
        left = pace.seconds_left(share, clock)
        self._telling.encodes(id_, Progress(step.name, round(100 * share, 1), now.fps, now.speed, left))
        if package.is_airable:
            self._telling.can_air(id_)
            return
        wait = forecast.seconds_until_airable(package, self._profile.rungs, work.speed)
        is_tried = clock - pace.began_at >= TRIAL and self._can_split(package, step)
        if is_tried and forecast.needs_starter(wait, now.speed):
            raise _LadderTooSlow
        wait = left if wait is None else wait
        if wait is not None:
            self._telling.will_air(id_, Ticks(clock + seconds(wait)))

    def _can_split(self, package: PackageRow, step: PackagingStep) -> bool:
        """Say whether a starter could be taken out of a step; the slate is short, and wanted in all rungs."""
        return package.video != self._catalogue.hidden() and can_split(step, package.renditions)

    async def _take_over(self, attempt: Attempt) -> None:
        """Let a package that can air take the place of the one that airs, where that may be."""
        package = attempt.package
        if verdict.takes_over(package, self._catalogue.current(package.video)):
            await attempt.take_over()

    async def _give_up(self, id_: PackageId, names: Sequence[str], reason: str) -> None:
        work = self._work[id_]
        if not names:
            return
        async with work.writing:
            package = work.attempt.package
            await work.attempt.save(verdict.given_up(package, names, reason))
            verdict.tell_given_up(package, names, reason)

    async def _begin_shorter(self, attempt: Attempt, found: SourceShorter) -> None:
        """Plan a package of what there really is; it takes the place of the present one when it can air.

        What was published of the present one stays as it is, because it may be on the air.
        """
        package = attempt.package
        log.warning("source_shorter", package=package.id, video=package.video, frames=found.frames)
        inspection, _ = await self._catalogue.documents(package.id)
        if not 0 < found.frames < inspection.frame_count:
            await attempt.conclude(partial(verdict.failed, error=found.message))
            return
        shorter = shortened(inspection, found.frames)
        plan = self._drafts.plan(shorter)
        caution = Caution("source_shorter", "The end of the file is damaged or missing.")
        await self._catalogue.add_package(self._drafts.package(package.video, plan, [caution]), shorter, plan)

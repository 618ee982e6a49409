"""The state of the server as one value, from memory, and the history of a few of its numbers."""

import asyncio
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from heapq import nlargest
from typing import Protocol

import structlog

from insta_stream.channels.channel import Channel
from insta_stream.channels.shown import Shown
from insta_stream.clock import Clock
from insta_stream.errors import InstaStreamError, NotReady
from insta_stream.health import told
from insta_stream.health.archive import Archive
from insta_stream.health.check import Check, Finding, Probe, State, worst
from insta_stream.health.company import Company
from insta_stream.health.history import History
from insta_stream.health.report import Disk, Latest, OnAir, Report
from insta_stream.health.series import FINE, Point
from insta_stream.health.told import Told
from insta_stream.health.troubles import Troubles
from insta_stream.ids import ChannelSlug
from insta_stream.library.library import Library
from insta_stream.library.video import Video
from insta_stream.storage.bulletin import Bulletin
from insta_stream.storage.folder import DataFolder
from insta_stream.ticks import Ticks

log = structlog.get_logger()

BEAT_SECONDS = 1.0
BEATS_PER_LOOK = 10
PROBE_SECONDS = 5.0
FIRST_LOOK_SECONDS = 0.5
"""A start waits no longer for it."""

SLOW_LOOP_SECONDS = 2.0
"""A target duration, or less: a player asks once in each, and has some of them to play meanwhile."""

SILENT = Finding("degraded", "No response for some seconds.", "No action needed unless this persists.")
MUTE = Finding("failing", "No response.", "Check whether the machine is overloaded; the log has details.")
"""What does not answer at one look may be busy; at the next one too, it does not work."""

CHANNELS_SHOWN = 200
WAITING_SHOWN = 100
LOOKS_PER_KEEPING = 6
"""The history is written down each minute; a server that is killed loses no more of it."""


class Audience(Protocol):
    """Counts viewers."""

    @property
    def counts(self) -> Mapping[ChannelSlug, int]:
        """How many the channels have that have some; what was returned does not change any more."""


class Edges(Protocol):
    """Looks at playlists."""

    @property
    def lags(self) -> Mapping[ChannelSlug, float]:
        """How far the edge of each channel was behind the clock, in seconds."""


class Health:
    """Looks at the parts of the server now and then, and remembers what it saw."""

    def __init__(
        self,
        *,
        clock: Clock,
        library: Library,
        channels: Shown,
        folder: DataFolder,
        troubles: Troubles,
        audience: Audience,
        edges: Edges,
        probes: Mapping[str, Probe],
        bulletin: Bulletin | None = None,
        leads: Callable[[], bool] = lambda: True,
    ) -> None:
        """Take what it reports on. probes: how to look at each part, by its name.

        bulletin: where processes tell each other how they are. leads: whether this one does for all what is
        to be done once.
        """
        self._clock = clock
        self._library = library
        self._channels = channels
        self._folder = folder
        self._troubles = troubles
        self._audience = audience
        self._edges = edges
        self._probes: dict[str, Probe] = {"event loop": self._loop_runs, **probes}
        self._leads = leads
        self._company = Company(bulletin)
        self._own = Told(os.getpid())
        self._found: tuple[Check, ...] = ()
        self._looking = asyncio.Lock()
        self._has_looked = asyncio.Event()
        self._loop_lag = 0.0
        self._history = History()
        self._archive = Archive(folder.history)
        self._latest: Latest | None = None

    async def begin(self) -> None:
        """Go on with the history of the server before this one, and meet the other processes."""
        await asyncio.to_thread(self._archive.recall, self._history, self._clock.now())
        await asyncio.to_thread(self.meet)

    async def first_look(self) -> None:
        """Wait until the first look is over, but not for long: a part may not answer."""
        with suppress(TimeoutError):
            async with asyncio.timeout(FIRST_LOOK_SECONDS):
                await self._has_looked.wait()

    async def watch(self) -> None:
        """Look for ever."""
        await self.look()
        while self.state() == "starting":  # somebody waits for the end of that
            await asyncio.sleep(BEAT_SECONDS)
            await self.look()
        try:
            while True:
                for _ in range(LOOKS_PER_KEEPING):
                    self._loop_lag = await _lag()
                    await self.look()
                    await asyncio.to_thread(self._remember)
                await asyncio.to_thread(self._keep)
        finally:
            self._keep()

    async def look(self) -> tuple[Check, ...]:
        """Look at every part now, and return what all processes have found.

        Each part has a few seconds to answer; one that does not, twice, is failing.
        """
        async with self._looking:
            found = await asyncio.gather(*(_finding(name, probe) for name, probe in self._probes.items()))
            before = {check.name: check for check in self._own.checks or self.checks()}
            now = self._clock.now()
            checks = tuple(
                _since(before.get(name), Check(name, finding, now))
                for name, finding in zip(self._probes, found, strict=True)
            )
            self._own = await asyncio.to_thread(self._told, checks)
            found_before, self._found = self._found, self.checks()
            if self._leads():
                _log_changes(found_before, self._found)
            self._has_looked.set()
        return self._found

    def meet(self) -> None:
        """Tell the other processes what is new here, and hear them: this reads and writes files."""
        self._company.meet(self._now())
        if leader := self._company.leader:
            self._follow(leader)

    def report(self) -> Report:
        """Return what is known, without a look."""
        counts, jobs = self._audience.counts, self._jobs()
        waiting = [video for video in jobs if video.progress.step == "waiting"]
        working = [video for video in jobs if video.progress.step != "waiting"]
        all_of_them = self._together()
        return Report(
            state=self.state(),
            checks=told.checks(all_of_them),
            jobs=(*working, *waiting[:WAITING_SHOWN]),
            waiting=len(waiting),
            disk=all_of_them[0].disk,
            channels=self._on_air(counts),
            viewers=self.viewers(),
            errors=told.troubles(all_of_them),
            latest=self._latest,
        )

    def state(self) -> State:
        """Return how the whole is, without a look."""
        return worst(self.checks())

    def checks(self) -> tuple[Check, ...]:
        """Return what all processes have found, without a look."""
        return told.checks(self._together())

    def history(self, since: Ticks) -> dict[str, tuple[Point, ...]]:
        """Return the points of each of NUMBERS from `since` on, at most a day back."""
        return self._history.numbers(since, self._clock.now())

    def audience(self, channel: ChannelSlug, since: Ticks) -> tuple[Point, ...]:
        """Return how many viewers a channel had from `since` on, at most a day back."""
        return self._history.audience(channel, since, self._clock.now())

    def watching(self, channel: ChannelSlug) -> int:
        """Return how many viewers a channel has."""
        return self._audience.counts.get(channel, 0)

    def viewers(self) -> int:
        """Return how many viewers all channels have together."""
        return sum(self._audience.counts.values())

    def _now(self) -> Told:
        """Return what this process has to say now."""
        recent, leads = self._troubles.recent(), self._leads()
        return replace(self._own, leads=leads, troubles=recent, latest=self._latest)

    def _together(self) -> tuple[Told, ...]:
        """Return what all processes say, first the one that leads."""
        return told.together((self._now(), *self._company.others))

    def _told(self, checks: tuple[Check, ...]) -> Told:
        """Return what there is to say after a look. It takes long with thousands of channels."""
        is_asked = self._leads() and self._company.others
        shown = self._on_air(self._audience.counts) if is_asked else ()
        return Told(
            process=self._own.process,
            checks=checks,
            loop_lag=self._loop_lag,
            disk=self._measure(),
            lags={each.slug: each.freshness for each in shown if each.freshness is not None},
        )

    def _jobs(self) -> tuple[Video, ...]:
        return tuple(video for video in self._library.videos() if video.progress.step)

    def _on_air(self, counts: Mapping[ChannelSlug, int]) -> tuple[OnAir, ...]:
        leader = self._company.leader
        lags = self._edges.lags if self._leads() or leader is None else leader.lags

        def shown(channel: Channel) -> OnAir:
            slug = channel.slug
            return OnAir(slug, channel.timeline.state, counts.get(slug, 0), lags.get(slug))

        on_air = (each for each in self._channels.all() if each.timeline.state != "off")
        most = nlargest(CHANNELS_SHOWN, on_air, key=lambda each: counts.get(each.slug, 0))
        return tuple(map(shown, most))

    def _remember(self) -> None:
        """Take note of the present, where this process leads. It takes long with thousands of channels that
        are watched.
        """
        if not self._leads():
            return
        now, counts, jobs = self._clock.now(), self._audience.counts, self._jobs()
        lags = list(self._edges.lags.values())  # the patrol goes on meanwhile
        disk = self._own.disk
        values: dict[str, float | None] = {
            "viewers": sum(counts.values()),
            "freshness": max(lags, default=None),
            "speed": sum(video.progress.speed for video in jobs) if jobs else None,
            "loop_lag": max(each.loop_lag for each in self._together()),
            "disk_free": None if disk is None else disk.used.free,
        }
        self._history.put(now, values, counts)
        self._latest = Latest(Ticks(now // FINE * FINE), values)

    def _follow(self, leader: Told) -> None:
        """Remember what the process remembers that leads: it writes that down, and says what is new since."""
        self._archive.recall(self._history, self._clock.now())
        if leader.latest is not None and leader.latest != self._latest:
            self._latest = leader.latest
            self._history.put(leader.latest.at, leader.latest.values, self._audience.counts)

    def _keep(self) -> None:
        if self._leads():
            self._archive.keep(self._history.dump())

    def _measure(self) -> Disk | None:
        try:
            return Disk(shutil.disk_usage(self._folder.uploads).total, self._library.disk_use())
        except (OSError, NotReady):  # the check "disk" says so
            return None

    async def _loop_runs(self) -> Finding:
        if self._loop_lag > SLOW_LOOP_SECONDS:
            where = f" by process {self._own.process}" if self._company.others else ""
            return Finding(
                "degraded",
                f"Responses were delayed{where} by up to {self._loop_lag:.1f} s, for viewers too.",
                "Check whether the machine is overloaded or short of memory. A lower setting `jobs` "
                "leaves it more capacity.",
            )
        return Finding("ok", "Normal.")


async def _lag() -> float:
    """Return by how many seconds the event loop is late at most while ten seconds or so go by."""
    loop, lag = asyncio.get_running_loop(), 0.0
    for _ in range(BEATS_PER_LOOK):
        due = loop.time() + BEAT_SECONDS
        await asyncio.sleep(BEAT_SECONDS)
        lag = max(lag, loop.time() - due)
    return lag


def _since(before: Check | None, check: Check) -> Check:
    """Return a check since when it is so; what does not answer again is mute."""
    if before is None:
        return check
    if check.finding is SILENT and before.finding in {SILENT, MUTE}:
        check = replace(check, finding=MUTE)
    return replace(check, since=before.since) if before.finding.state == check.finding.state else check


def _log_changes(before: Iterable[Check], now: Iterable[Check]) -> None:
    """Say what has changed; a change for the worse is a trouble, a start is none."""
    known = {check.name: check.finding.state for check in before}
    for check in now:
        finding, state = check.finding, known.get(check.name, check.finding.state)
        if finding.state == state:
            continue
        if finding.state == "ok" and state != "starting":
            log.info("check_recovered", check=check.name)
        elif finding.state in {"degraded", "failing"}:
            log.warning(
                "check_changed",
                check=check.name,
                state=finding.state,
                reason=f"{check.name.capitalize()}: {finding.message}",
                remedy=finding.remedy,
            )


async def _finding(name: str, probe: Probe) -> Finding:
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            return await probe()
    except TimeoutError:
        return SILENT
    except InstaStreamError as error:
        return Finding("failing", error.message, "See the recent problems, and the log.")
    except Exception as error:  # whatever it is, this thing does not work
        log.warning("not_ready", check=name, exc_info=error)
        return Finding("failing", "Not responding as it should.", "The log has details.")

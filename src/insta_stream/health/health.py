"""The state of the server as one value, from memory, and the history of a few of its numbers."""

import asyncio
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from heapq import nlargest
from typing import Protocol

import structlog

from insta_stream.channels.channel import Channel
from insta_stream.channels.shown import Shown
from insta_stream.clock import Clock
from insta_stream.errors import InstaStreamError, NotReady
from insta_stream.health.archive import Archive
from insta_stream.health.check import Check, Finding, Probe, State, worst
from insta_stream.health.history import History
from insta_stream.health.series import FINE, Point
from insta_stream.health.troubles import Trouble, Troubles
from insta_stream.ids import ChannelSlug
from insta_stream.library.disk_use import DiskUse
from insta_stream.library.library import Library
from insta_stream.library.video import Video
from insta_stream.storage.folder import DataFolder
from insta_stream.ticks import Ticks
from insta_stream.timeline.timeline import State as OnAirState

log = structlog.get_logger()

BEAT_SECONDS = 1.0
BEATS_PER_LOOK = 10
PROBE_SECONDS = 5.0
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


@dataclass(frozen=True, slots=True)
class Disk:
    """The disk of the data folder. total: its size in bytes; used: by what."""

    total: int
    used: DiskUse


@dataclass(frozen=True, slots=True)
class OnAir:
    """A channel on the air. freshness: seconds its edge was behind the clock; None: not looked yet."""

    slug: ChannelSlug
    state: OnAirState
    viewers: int
    freshness: float | None


@dataclass(frozen=True, slots=True)
class Latest:
    """The newest point of each of NUMBERS, of the step that began at `at`; None: it was not measured."""

    at: Ticks
    values: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Report:
    """All that is known.

    jobs: videos being packaged, then at most WAITING_SHOWN of those that wait for it; waiting: how many do.
    channels: at most CHANNELS_SHOWN, by viewers. latest: None until the first has been remembered.
    """

    state: State
    checks: tuple[Check, ...]
    jobs: tuple[Video, ...]
    waiting: int
    disk: Disk | None
    channels: tuple[OnAir, ...]
    viewers: int
    errors: tuple[Trouble, ...]
    latest: Latest | None


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
    ) -> None:
        """Take what it reports on. probes: how to look at each part, by its name."""
        self._clock = clock
        self._library = library
        self._channels = channels
        self._folder = folder
        self._troubles = troubles
        self._audience = audience
        self._edges = edges
        self._probes: dict[str, Probe] = {"event loop": self._loop_runs, **probes}
        self._checks: dict[str, Check] = {}
        self._disk: Disk | None = None
        self._looking = asyncio.Lock()
        self._loop_lag = 0.0
        self._history = History()
        self._archive = Archive(folder.history)
        self._latest: Latest | None = None

    async def watch(self) -> None:
        """Look for ever, and go on with the history of the server before this one."""
        self._archive.recall(self._history, self._clock.now())
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
        """Look at every part now. Each has a few seconds to answer; one that does not, twice, is failing."""
        async with self._looking:
            found = await asyncio.gather(*(_finding(name, probe) for name, probe in self._probes.items()))
            now = self._clock.now()
            for name, finding in zip(self._probes, found, strict=True):
                before = self._checks.get(name)
                is_mute = finding is SILENT and before is not None and before.finding in {SILENT, MUTE}
                self._checks[name] = _noted(before, Check(name, MUTE if is_mute else finding, now))
            self._disk = await asyncio.to_thread(self._measure)
        return tuple(self._checks.values())

    def report(self) -> Report:
        """Return what is known, without a look."""
        counts, jobs = self._audience.counts, self._jobs()
        waiting = [video for video in jobs if video.progress.step == "waiting"]
        working = [video for video in jobs if video.progress.step != "waiting"]
        return Report(
            state=self.state(),
            checks=tuple(self._checks.values()),
            jobs=(*working, *waiting[:WAITING_SHOWN]),
            waiting=len(waiting),
            disk=self._disk,
            channels=self._on_air(counts),
            viewers=self.viewers(),
            errors=self._troubles.recent(),
            latest=self._latest,
        )

    def state(self) -> State:
        """Return how the whole is, without a look."""
        return worst(tuple(self._checks.values()))

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

    def _jobs(self) -> tuple[Video, ...]:
        return tuple(video for video in self._library.videos() if video.progress.step)

    def _on_air(self, counts: Mapping[ChannelSlug, int]) -> tuple[OnAir, ...]:
        lags = self._edges.lags

        def shown(channel: Channel) -> OnAir:
            slug = channel.slug
            return OnAir(slug, channel.timeline.state, counts.get(slug, 0), lags.get(slug))

        on_air = (each for each in self._channels.all() if each.timeline.state != "off")
        most = nlargest(CHANNELS_SHOWN, on_air, key=lambda each: counts.get(each.slug, 0))
        return tuple(map(shown, most))

    def _remember(self) -> None:
        """Take note of the present. It takes long with thousands of channels that are watched."""
        now, counts, jobs = self._clock.now(), self._audience.counts, self._jobs()
        lags = list(self._edges.lags.values())  # the patrol goes on meanwhile
        values: dict[str, float | None] = {
            "viewers": sum(counts.values()),
            "freshness": max(lags, default=None),
            "speed": sum(video.progress.speed for video in jobs) if jobs else None,
            "loop_lag": self._loop_lag,
            "disk_free": None if self._disk is None else self._disk.used.free,
        }
        self._history.put(now, values, counts)
        self._latest = Latest(Ticks(now // FINE * FINE), values)

    def _keep(self) -> None:
        self._archive.keep(self._history.dump())

    def _measure(self) -> Disk | None:
        try:
            return Disk(shutil.disk_usage(self._folder.uploads).total, self._library.disk_use())
        except (OSError, NotReady):  # the check "disk" says so
            return None

    async def _loop_runs(self) -> Finding:
        if self._loop_lag > SLOW_LOOP_SECONDS:
            return Finding(
                "degraded",
                f"Responses were delayed by up to {self._loop_lag:.1f} s, for viewers too.",
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


def _noted(before: Check | None, check: Check) -> Check:
    """Return the check since when it is so; a change for the worse is a trouble, a start is none."""
    if before is None:
        return check
    if before.finding.state == check.finding.state:
        return replace(check, since=before.since)
    if check.finding.state == "ok" and before.finding.state != "starting":
        log.info("check_recovered", check=check.name)
    elif check.finding.state in {"degraded", "failing"}:
        finding = check.finding
        log.warning(
            "check_changed",
            check=check.name,
            state=finding.state,
            reason=f"{check.name.capitalize()}: {finding.message}",
            remedy=finding.remedy,
        )
    return check


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

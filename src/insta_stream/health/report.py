"""What the server's health is reported as."""

from collections.abc import Mapping
from dataclasses import dataclass

from insta_stream.health.check import Check, State
from insta_stream.health.troubles import Trouble
from insta_stream.ids import ChannelSlug
from insta_stream.library.disk_use import DiskUse
from insta_stream.library.video import Video
from insta_stream.ticks import Ticks
from insta_stream.timeline.timeline import State as OnAirState


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

    jobs: videos being packaged, then some of those that wait for it; waiting: how many do. channels: some, by
    viewers. latest: None until the first has been remembered.
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

"""JSON bodies: how the server is."""

from typing import Literal

from pydantic import Field

from insta_stream.api.retention_schemas import Storage
from insta_stream.api.video_schemas import Progress
from insta_stream.api.wire import Model, Moment, Seconds, State, TimeZone


class Health(Model):
    """The server answers."""

    success: Literal[True] = True
    message: str
    timestamp: Moment


HealthState = Literal["ok", "degraded", "starting", "failing"]


class Check(Model):
    """One part of the server."""

    name: str = Field(examples=["database"])
    ok: bool = Field(description="The state is `ok`.")
    state: HealthState = Field(
        description=(
            "`degraded`: works, but needs attention; `starting`: not ready for viewers yet; `failing`: "
            "cannot serve viewers."
        )
    )
    message: str
    remedy: str = Field(description="What to do about it; empty if no action is needed.")
    since: Moment = Field(description="Since when it has this state.")


class Readiness(Model):
    """Whether viewers may be sent to this server."""

    success: bool
    state: HealthState
    message: str
    timestamp: Moment
    checks: list[Check]


class Job(Progress):
    """A video that is being packaged, or waits for it."""

    video: str
    name: str


class Disk(Storage):
    """The disk of the data folder. What it has besides these belongs to others."""

    total_bytes: int


class ChannelHealth(Model):
    """A channel that is on the air."""

    slug: str
    state: State
    viewers: int = Field(description="Players that made requests recently; an estimate.")
    freshness: Seconds | None = Field(
        description="How far the live edge was behind the clock at the last check; null before the first."
    )


class Trouble(Model):
    """A warning or an error of the log, once for each subject."""

    at: Moment = Field(description="When it last happened.")
    first_at: Moment
    count: int
    level: str = Field(examples=["warning"])
    code: str = Field(examples=["packaging_failed"])
    message: str
    remedy: str
    subject: str = Field(description="A video's id, a channel's slug or the like; may be empty.")
    about: str = Field(description="What the subject is; empty if there is none.", examples=["video"])
    name: str = Field(
        description="The name of the video, or the title of the channel, if it still exists; else empty."
    )


class Latest(Model):
    """The newest point of each number of the history; null where it was not measured."""

    at: Moment = Field(description="The start of the ten-second interval.")
    viewers: float | None
    freshness: float | None
    speed: float | None
    loop_lag: float | None
    disk_free: float | None


class HealthReport(Model):
    """How the server is."""

    state: HealthState
    checks: list[Check]
    jobs: list[Job] = Field(description="Jobs in progress, then the first hundred that are queued.")
    waiting_jobs: int = Field(description="How many are queued.")
    disk: Disk | None
    channels: list[ChannelHealth] = Field(description="The channels on air: the 200 with the most viewers.")
    viewers: int
    errors: list[Trouble] = Field(description="The last 100, newest first.")
    latest: Latest | None = Field(description="null in the first seconds after the start.")


class HealthNow(Model):
    """How the server is, in a word, and where."""

    state: HealthState
    time_zone: TimeZone


class Point(Model):
    """The worst value of a step of time: the highest; of free disk space the lowest."""

    at: Moment = Field(description="The start of the interval.")
    value: float


class Points(Model):
    """A number over time: each ten seconds of the last hour, each minute of the day before."""

    points: list[Point]


class Audience(Points):
    """How many watch a channel."""

    now: int = Field(description="Players that made requests recently; an estimate.")


class HealthHistory(Model):
    """The server's numbers over time."""

    viewers: list[Point]
    freshness: list[Point] = Field(
        description="How far the live edge was behind the clock, in seconds, on the channel that lagged most."
    )
    speed: list[Point] = Field(description="Seconds of video encoded per second, all jobs together.")
    loop_lag: list[Point] = Field(description="The longest delay of the event loop, in seconds.")
    disk_free: list[Point] = Field(description="Free bytes on the data folder's disk.")

"""How values go over the wire: JSON bodies, camelCase, times as ISO 8601 in UTC, durations in seconds.

Field names that existed before this server (`isPlaying`, `currentVideo`, `addedAt`, ...) never change.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel

from insta_stream.library.names import MAX_LENGTH, composed
from insta_stream.ticks import Ticks, to_datetime, to_seconds
from insta_stream.zone import zone_at

T = TypeVar("T")


def iso(moment: datetime) -> str:
    """Return a moment as the API writes it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Moment = Annotated[
    datetime,
    PlainSerializer(iso, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-22T20:00:00.000Z"]}),
]
Seconds = Annotated[float, Field(description="Seconds.", examples=[12.48])]
Id = Annotated[
    str, StringConstraints(pattern=r"^[0-9a-f]{32}$"), Field(examples=["0123456789abcdef0123456789abcdef"])
]
Title = Annotated[
    str,
    BeforeValidator(lambda text: composed(text) if isinstance(text, str) else text),
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=MAX_LENGTH, pattern=r"^[^\x00-\x1f\x7f]*$"
    ),
]
Revision = Annotated[int, Field(description="Rises with every edit of the channel.", examples=[4711])]
State = Literal["off", "on", "paused"]
StandbyReason = Literal["empty", "deleted", "encoding", "failed", "no_quality", "ready"]
VideoState = Literal["uploading", "inspecting", "packaging", "ready", "failed"]


def moment(instant: Ticks) -> datetime:
    """Return an instant as the API writes it."""
    return to_datetime(instant)


def optional_moment(instant: Ticks | None) -> datetime | None:
    """Return an instant as the API writes it, None where there is none."""
    return None if instant is None else to_datetime(instant)


def optional_iso(instant: Ticks | None) -> str | None:
    """Return an instant as the API writes it, as text."""
    return None if instant is None else iso(to_datetime(instant))


def duration(length: Ticks) -> float:
    """Return a length in seconds, to the millisecond."""
    return round(to_seconds(length), 3)


class Model(BaseModel):
    """A value on the wire: camelCase there, snake_case here."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


class TimeZone(Model):
    """Where the server is; whoever reads its pages may be elsewhere. Times in the API are in UTC."""

    name: str | None = Field(
        description="Its IANA name; null if the server's zone has none.",
        examples=["Europe/Berlin"],
    )
    utc_offset_minutes: int = Field(description="How far it is ahead of UTC now.", examples=[60])


def time_zone(now: Ticks) -> TimeZone:
    """Return where this server is."""
    zone = zone_at(to_datetime(now))
    return TimeZone(name=zone.name, utc_offset_minutes=int(zone.utc_offset.total_seconds()) // 60)


class Body(Model):
    """What a client sends. Unknown fields are refused: a misspelt one must not be silently ignored."""

    model_config = ConfigDict(extra="forbid")


class Reply(Model, Generic[T]):
    """Every successful answer."""

    success: Literal[True] = True
    message: str = Field(description="A sentence for people; may be empty.")
    data: T


class Problem(Model):
    """Every error. `code` is stable: programs may compare it."""

    success: Literal[False] = False
    message: str = Field(examples=["The channel is already on air."])
    code: str = Field(examples=["wrong_state"])


class Done(Model):
    """A successful answer that has nothing more to say."""

    success: Literal[True] = True
    message: str


ERRORS: dict[int | str, dict[str, Any]] = {
    "default": {"model": Problem, "description": "Any error: `success` is false, `code` says which."},
}
"""For every route's `responses`."""

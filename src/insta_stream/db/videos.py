"""Rows of videos, their packages and renditions, and the statements that change them.

A video is what was uploaded; its row stays when it is deleted (`deleted_at`) and when it is gone for good
(`released_at`), because runs and the as-run log go on naming it. A package says what should exist (plan) and
how much of it does (its renditions' counts); a video has one current package, and for a while a newer one
that will take its place. `channels` keeps its own rows.

`revision` is the number of the last change of a row, or of what belongs to it, among all changes of the
library (`db.news`).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from operator import index
from typing import Any, Literal, get_args

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    bindparam,
    delete,
    insert,
    select,
    true,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from insta_stream.db.checked import checked, checked_id
from insta_stream.db.document import Document
from insta_stream.db.schema import METADATA
from insta_stream.errors import NotReady
from insta_stream.ids import AccountId, PackageId, VideoId
from insta_stream.media.ladder import RUNGS
from insta_stream.media.model import Caution
from insta_stream.ticks import Ticks
from insta_stream.timeline.table import SegmentTable

video = Table(
    "video",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("name", String(255), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("added_at", BigInteger, nullable=False),
    Column("is_hidden", Boolean, nullable=False),
    Column("deleted_at", BigInteger),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("frame_rate", String(32), nullable=False),
    Column("video_codec", String(64), nullable=False),
    Column("audio_codec", String(64), nullable=False),
    Column("released_at", BigInteger),
    Column("has_original", Boolean, nullable=False, server_default=true()),
    Column("owner", String(32), index=True),
    Column("revision", BigInteger, nullable=False, server_default="0", index=True),
)

package = Table(
    "package",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("video", ForeignKey("video.id"), nullable=False, index=True),
    Column("created_at", BigInteger, nullable=False),
    Column("state", String(16), nullable=False),
    Column("is_current", Boolean, nullable=False),
    Column("is_airable", Boolean, nullable=False),
    Column("has_pictures", Boolean, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Column("segment_table", Document, nullable=False),
    Column("cautions", Document, nullable=False),
    Column("inspection", Text, nullable=False),
    Column("plan", Text, nullable=False),
    Column("writer", String(32), nullable=False, server_default=""),
    Column("is_inspected", Boolean, nullable=False, server_default=true()),
    Column("revision", BigInteger, nullable=False, server_default="0", index=True),
    CheckConstraint("state IN ('packaging', 'ready', 'failed')", name="state_known"),
)

Index(
    "package_current_once",
    package.c.video,
    unique=True,
    sqlite_where=package.c.is_current,
    postgresql_where=package.c.is_current,
)

rendition = Table(
    "rendition",
    METADATA,
    Column("package", ForeignKey("package.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String(32), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("is_early", Boolean, nullable=False),
    Column("published", Integer, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("is_complete", Boolean, nullable=False),
    Column("error", Text, nullable=False),
    Column("peak_bps", Integer, nullable=False, server_default="0"),
    CheckConstraint("published >= 0", name="published_not_negative"),
)

PackageState = Literal["packaging", "ready", "failed"]


@dataclass(frozen=True, slots=True)
class VideoRow:
    """What was uploaded. name: for display only. width, height: as shown. frame_rate as "30000/1001".
    released_at: when a deleted video was gone for good. has_original: the uploaded file is there. owner: who
    has uploaded it, also when they have been removed; None where nobody signed in.
    """

    id: VideoId
    name: str
    size_bytes: int
    added_at: Ticks
    is_hidden: bool
    deleted_at: Ticks | None
    width: int
    height: int
    frame_rate: str
    video_codec: str
    audio_codec: str
    released_at: Ticks | None = None
    has_original: bool = True
    owner: AccountId | None = None
    revision: int = field(default=0, compare=False)

    @property
    def original_bytes(self) -> int:
        """The disk space that the uploaded file takes."""
        return self.size_bytes if self.has_original else 0

    @property
    def can_come_back(self) -> bool:
        """It was deleted and can be restored."""
        return self.deleted_at is not None and self.released_at is None


@dataclass(frozen=True, slots=True)
class RenditionRow:
    """One encoding. is_early: made first, or quickly, so that the video can air while it grows.

    published: segments 0 to published - 1 are in their place. size_bytes: of those. peak_bps: of the busiest
    of those, bits per second; 0 where nobody looked (yet). error: why it will not be finished, or "".
    """

    name: str
    kind: str
    is_early: bool
    published: int = 0
    size_bytes: int = 0
    is_complete: bool = False
    error: str = ""
    peak_bps: int = 0


@dataclass(frozen=True, slots=True)
class PackageRow:
    """One package of a video, without its inspection and plan, which only its job needs.

    is_current: it is the one that airs. is_airable: enough of it is there to go on the air while it grows.
    attempts: starts of its job since it last published anything,
    those included that ended in a crash. renditions: best first. writer: the token of the attempt that may
    write it, "" before the first. is_inspected: else its file is to be inspected anew before any of it is
    made, and what there is of it is of an older inspection.
    """

    id: PackageId
    video: VideoId
    created_at: Ticks
    state: PackageState
    is_current: bool
    is_airable: bool
    has_pictures: bool
    attempts: int
    error: str
    table: SegmentTable
    cautions: tuple[Caution, ...]
    renditions: tuple[RenditionRow, ...]
    writer: str = field(default="", compare=False)
    is_inspected: bool = True
    revision: int = field(default=0, compare=False)

    @property
    def size_bytes(self) -> int:
        """The disk space that its segments take."""
        return sum(rendition.size_bytes for rendition in self.renditions)

    @property
    def is_whole(self) -> bool:
        """All its renditions are complete."""
        return all(rendition.is_complete for rendition in self.renditions)


async def insert_video(connection: AsyncConnection, row: VideoRow) -> None:
    """Add a video."""
    await connection.execute(insert(video).values(asdict(row)))


async def insert_package(connection: AsyncConnection, row: PackageRow, *, inspection: str, plan: str) -> None:
    """Add a package with its renditions. inspection, plan: JSON text."""
    values = {"id": row.id, "video": row.video, "created_at": row.created_at}
    await connection.execute(insert(package).values(values | _content(row, inspection, plan)))
    await _insert_renditions(connection, row)


async def replace_package(
    connection: AsyncConnection, row: PackageRow, *, inspection: str, plan: str
) -> None:
    """Write a package anew of which nothing has been made. inspection, plan: JSON text."""
    content = _content(row, inspection, plan)
    await connection.execute(update(package).where(package.c.id == row.id).values(content))
    await connection.execute(delete(rendition).where(rendition.c.package == row.id))
    await _insert_renditions(connection, row)


def _content(row: PackageRow, inspection: str, plan: str) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _KEPT} | {
        "revision": row.revision,
        "segment_table": row.table.stretches,
        "cautions": _cautions(row),
        "inspection": inspection,
        "plan": plan,
    }


async def _insert_renditions(connection: AsyncConnection, row: PackageRow) -> None:
    renditions = (
        asdict(each) | {"package": row.id, "position": place} for place, each in enumerate(row.renditions)
    )
    await connection.execute(insert(rendition), list(renditions))


OnBroken = Callable[[str, str, Exception], None]
"""Is told of a row that cannot be read: "video" or "package", which one, and what is wrong with it."""


def refuse(table: str, id_: str, error: Exception) -> None:
    """Raise NotReady for a row that cannot be read."""
    raise NotReady(
        f"The database is damaged: its data on {table} {id_} cannot be read. Restore a backup into a new "
        "folder."
    ) from error


def pass_over(_table: str, _id: str, _error: Exception) -> None:
    """Leave out a row that cannot be read."""


EVERY = -1
"""Says that rows are wanted however long ago they were changed."""


async def load_videos(
    connection: AsyncConnection, on_broken: OnBroken = refuse, since: int = EVERY
) -> list[VideoRow]:
    """Return every video, deleted ones too, but for those of which `on_broken` is told.

    since: those that were changed since there were so many changes.
    """
    videos = []
    for row in (await connection.execute(select(video).where(video.c.revision > since))).mappings():
        try:
            videos.append(_video_row(row))
        except (ArithmeticError, TypeError, ValueError) as error:
            on_broken("video", row["id"], error)
    return videos


def _video_row(row: Mapping[Any, Any]) -> VideoRow:
    read = VideoRow(**checked(video, row))
    checked_id(read.id)
    if Fraction(read.frame_rate) <= 0:
        raise ValueError(f"no frame rate: {read.frame_rate}")
    if read.released_at is not None and read.deleted_at is None:
        raise ValueError("it cannot be released, since it was never deleted")  # its file may be the last
    return read


_LIGHT = [column for column in package.columns if column.name not in {"inspection", "plan"}]


async def load_packages(
    connection: AsyncConnection, on_broken: OnBroken = refuse, since: int = EVERY
) -> list[PackageRow]:
    """Return every package, oldest first, but for those of which `on_broken` is told. since: as above."""
    changed = package.c.revision > since
    renditions: dict[str, list[Mapping[Any, Any]]] = {}
    query = select(rendition).join(package).where(changed)
    rows = await connection.execute(query.order_by(rendition.c.package, rendition.c.position))
    for row in rows.mappings():
        renditions.setdefault(row["package"], []).append(row)
    found = await connection.execute(select(*_LIGHT).where(changed).order_by(package.c.created_at))
    packages = []
    for row in found.mappings():
        try:
            packages.append(_package_row(row, renditions.get(row["id"], ())))
        except (LookupError, TypeError, ValueError) as error:
            on_broken("package", row["id"], error)
    return packages


def _package_row(row: Mapping[Any, Any], renditions: Iterable[Mapping[Any, Any]]) -> PackageRow:
    values = checked(package, row)
    checked_id(values["id"])
    if values["state"] not in get_args(PackageState):
        raise ValueError(f"no state of a package: {values['state']}")
    stretches = values.pop("segment_table")
    table = SegmentTable(tuple((index(count), Ticks(index(duration))) for count, duration in stretches))
    cautions = tuple(Caution(each["code"], each["message"]) for each in values.pop("cautions"))
    if not all(isinstance(text, str) for each in cautions for text in (each.code, each.message)):
        raise ValueError("a caution is two texts")
    read = tuple(_rendition_row(each, table) for each in renditions)
    return PackageRow(**values, table=table, cautions=cautions, renditions=read)


def _rendition_row(row: Mapping[Any, Any], table: SegmentTable) -> RenditionRow:
    values = checked(rendition, row)
    del values["package"], values["position"]
    read = RenditionRow(**values)
    if read.name not in RUNGS:
        raise ValueError(f"no rung: {read.name}")
    if not 0 <= read.published <= table.count or (read.is_complete and read.published < table.count):
        raise ValueError(f"{read.published} segments of {table.count} cannot be there")
    return read


async def package_ids(connection: AsyncConnection) -> frozenset[PackageId]:
    """Return the ids of all packages."""
    return frozenset(map(PackageId, await connection.scalars(select(package.c.id))))


async def load_documents(connection: AsyncConnection, id_: PackageId) -> tuple[str, str]:
    """Return the JSON texts of a package's inspection and plan."""
    query = select(package.c.inspection, package.c.plan).where(package.c.id == id_)
    inspection, plan = (await connection.execute(query)).one()
    return inspection, plan


async def update_video(connection: AsyncConnection, before: VideoRow, after: VideoRow) -> None:
    """Write what differs between two states of a video."""
    old = asdict(before)
    values = {name: value for name, value in asdict(after).items() if value != old[name]}
    if values:
        await connection.execute(update(video).where(video.c.id == after.id).values(values))


_KEPT = ("state", "is_current", "is_airable", "has_pictures", "attempts", "error", "writer", "is_inspected")
"""Columns of a package that are the same in a row."""


def _cautions(row: PackageRow) -> list[dict[str, str]]:
    return [asdict(caution) for caution in row.cautions]


_MADE = ("is_early", "published", "size_bytes", "is_complete", "error", "peak_bps")
"""Columns of a rendition that change while it is made."""

_UPDATE_RENDITION = (
    update(rendition)
    .where(rendition.c.package == bindparam("in_package"), rendition.c.name == bindparam("of_name"))
    .values({name: bindparam(name) for name in _MADE})
)


async def update_package(connection: AsyncConnection, before: PackageRow, after: PackageRow) -> None:
    """Write what differs between two states of a package, its renditions included."""
    values: dict[str, Any] = {name: getattr(after, name) for name in (*_KEPT, "revision")}
    values = {name: value for name, value in values.items() if value != getattr(before, name)}
    if before.cautions != after.cautions:
        values["cautions"] = _cautions(after)
    if values:
        await connection.execute(update(package).where(package.c.id == after.id).values(values))
    changed = [new for old, new in zip(before.renditions, after.renditions, strict=True) if old != new]
    if changed:
        rows = [{"in_package": after.id, "of_name": row.name} | asdict(row) for row in changed]
        await connection.execute(_UPDATE_RENDITION, rows)


async def delete_package(connection: AsyncConnection, id_: PackageId) -> None:
    """Forget a package whose files are gone."""
    await connection.execute(delete(package).where(package.c.id == id_))

"""Rows of uploads. How much of one has come in is not here: that is the size of its file."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    String,
    Table,
    Text,
    delete,
    false,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from insta_stream.db.checked import checked, checked_id
from insta_stream.db.schema import METADATA
from insta_stream.ids import AccountId, VideoId
from insta_stream.ticks import Ticks

upload = Table(
    "upload",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("name", String(255), nullable=False),
    Column("channel", String(63), nullable=False),
    Column("metadata", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("refused_at", BigInteger),
    Column("error", Text, nullable=False),
    Column("owner", String(32)),
    Column("revision", BigInteger, nullable=False, server_default="0", index=True),
    Column("is_over", Boolean, nullable=False, server_default=false()),
    Column("is_form", Boolean, nullable=False, server_default=false()),
    Column("code", String(40), nullable=False, server_default=""),
    CheckConstraint("size_bytes > 0", name="not_empty"),
)


@dataclass(frozen=True, slots=True)
class UploadRow:
    """A file that is coming in, or was refused.

    id: also of the video that it becomes. name: for display. channel: the slug of the channel whose playlist
    the video is to join, "" for none; the row stays until it has. metadata: as the client wrote it.
    size_bytes: of the whole file. error: why it is no video, as a sentence, or ""; code: that for programs.
    owner: whose it is, also when they have been removed; None where nobody signed in. revision: the number of
    the row's last change among all changes of uploads (`db.news`); it rises, too, when somebody wants to
    write the file, or has written its last byte. is_over: somebody wants it removed. is_form: it comes in one
    request that has not ended, so nobody can go on with it, and size_bytes is what it has at least.
    """

    id: VideoId
    name: str
    channel: str
    metadata: str
    size_bytes: int
    created_at: Ticks
    refused_at: Ticks | None = None
    error: str = ""
    owner: AccountId | None = None
    revision: int = 0
    is_over: bool = False
    is_form: bool = False
    code: str = ""


async def insert_upload(connection: AsyncConnection, row: UploadRow) -> None:
    """Add an upload."""
    await connection.execute(insert(upload).values(asdict(row)))


EVERY = -1
"""Says that rows are wanted however long ago they were changed."""


async def load_uploads(
    connection: AsyncConnection, on_broken: Callable[[str, Exception], None], since: int = EVERY
) -> list[UploadRow]:
    """Return every upload, oldest first. on_broken: is told of one that cannot be read, by its id.

    since: those that were changed since there were so many changes.
    """
    uploads = []
    query = select(upload).where(upload.c.revision > since)
    rows = await connection.execute(query.order_by(upload.c.created_at, upload.c.id))
    for row in rows.mappings():
        try:
            uploads.append(_upload_row(row))
        except ValueError as error:
            on_broken(row["id"], error)
    return uploads


def _upload_row(row: Mapping[Any, Any]) -> UploadRow:
    read = UploadRow(**checked(upload, row))
    checked_id(read.id)
    if read.size_bytes <= 0 or (read.error != "") != (read.refused_at is not None):
        raise ValueError("its size or its refusal is not valid")  # its file must stay
    return read


async def upload_ids(connection: AsyncConnection) -> frozenset[VideoId]:
    """Return the ids of all uploads."""
    return frozenset(map(VideoId, await connection.scalars(select(upload.c.id))))


_CHANGES = ("name", "size_bytes", "refused_at", "error", "code", "is_over", "is_form", "revision")


async def update_upload(connection: AsyncConnection, row: UploadRow) -> None:
    """Write what changes of an upload."""
    values = {name: getattr(row, name) for name in _CHANGES}
    await connection.execute(update(upload).where(upload.c.id == row.id).values(values))


async def delete_upload(connection: AsyncConnection, id_: VideoId) -> None:
    """Forget an upload."""
    await connection.execute(delete(upload).where(upload.c.id == id_))

"""Rows of resumable uploads. How much of one has come in is not here: that is the size of its file."""

from dataclasses import asdict, dataclass

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from insta_stream.db.schema import METADATA
from insta_stream.ids import VideoId
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
    CheckConstraint("size_bytes > 0", name="not_empty"),
)


@dataclass(frozen=True, slots=True)
class UploadRow:
    """A file that is coming in, or was refused.

    id: also of the video that it becomes. name: for display. channel: the slug of the channel whose playlist
    the video is to join, "" for none; the row stays until it has. metadata: as the client wrote it.
    size_bytes: of the whole file. error: why it is no video, as a sentence, or "".
    """

    id: VideoId
    name: str
    channel: str
    metadata: str
    size_bytes: int
    created_at: Ticks
    refused_at: Ticks | None = None
    error: str = ""


async def insert_upload(connection: AsyncConnection, row: UploadRow) -> None:
    """Add an upload."""
    await connection.execute(insert(upload).values(asdict(row)))


async def load_uploads(connection: AsyncConnection) -> list[UploadRow]:
    """Return every upload, oldest first."""
    rows = await connection.execute(select(upload).order_by(upload.c.created_at, upload.c.id))
    return [UploadRow(**row) for row in rows.mappings()]


async def refuse_upload(connection: AsyncConnection, row: UploadRow) -> None:
    """Write down that an upload is no video, and why."""
    values = {"refused_at": row.refused_at, "error": row.error}
    await connection.execute(update(upload).where(upload.c.id == row.id).values(values))


async def delete_upload(connection: AsyncConnection, id_: VideoId) -> None:
    """Forget an upload."""
    await connection.execute(delete(upload).where(upload.c.id == id_))

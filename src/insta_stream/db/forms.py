"""Rows of files that come in one request: what each claims of its sender's quota until it is a video.

A row means nothing any more once nobody holds the file that comes in; whoever adds one removes those.
"""

from collections.abc import Collection
from dataclasses import asdict, dataclass

from sqlalchemy import BigInteger, Column, String, Table, delete, exists, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from insta_stream.db.schema import METADATA
from insta_stream.db.videos import video
from insta_stream.ids import AccountId, VideoId

form = Table(
    "form",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("owner", String(32), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
)


_IS_VIDEO = exists().where(video.c.id == form.c.id)


@dataclass(frozen=True, slots=True)
class FormRow:
    """A file on its way in. id: also of the video that it becomes. size_bytes: as announced, or as came."""

    id: VideoId
    owner: AccountId
    size_bytes: int


async def load_forms(connection: AsyncConnection, only: AccountId | None = None) -> list[FormRow]:
    """Return the files that are no videos yet, or those of one account."""
    query = select(form).where(~_IS_VIDEO)
    if only is not None:
        query = query.where(form.c.owner == only)
    return [FormRow(**row) for row in (await connection.execute(query)).mappings()]


async def put_form(connection: AsyncConnection, row: FormRow) -> None:
    """Write what a file claims, instead of what it has claimed before."""
    await delete_forms(connection, [row.id])
    await connection.execute(insert(form).values(asdict(row)))


async def delete_forms(connection: AsyncConnection, ids: Collection[VideoId]) -> None:
    """Forget these files, and those that have become videos."""
    await connection.execute(delete(form).where(form.c.id.in_(ids) | _IS_VIDEO))

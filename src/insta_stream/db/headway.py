"""Rows that say how far the packages are that are being made: nothing that must outlive a crash."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from sqlalchemy import BigInteger, Column, Float, String, Table, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from insta_stream.db.checked import checked
from insta_stream.db.schema import METADATA
from insta_stream.ids import PackageId
from insta_stream.ticks import Ticks

headway = Table(
    "headway",
    METADATA,
    Column("package", String(32), primary_key=True),
    Column("step", String(16), nullable=False),
    Column("percent", Float, nullable=False),
    Column("fps", Float, nullable=False),
    Column("speed", Float, nullable=False),
    Column("eta_seconds", Float),
    Column("airable_at", BigInteger),
)


@dataclass(frozen=True, slots=True)
class HeadwayRow:
    """How far a package is; as `library.video.Progress` has it. airable_at: when it is expected to be ready
    to air, where that can be told.
    """

    package: PackageId
    step: str
    percent: float
    fps: float = 0.0
    speed: float = 0.0
    eta_seconds: float | None = None
    airable_at: Ticks | None = None


async def load(connection: AsyncConnection) -> list[HeadwayRow]:
    """Return all rows, but for those that cannot be read: the next ones follow in a second."""
    rows = []
    for row in (await connection.execute(select(headway))).mappings():
        try:
            rows.append(HeadwayRow(**checked(headway, row)))
        except ValueError:
            continue
    return rows


async def put(connection: AsyncConnection, rows: Iterable[HeadwayRow]) -> None:
    """Let these be all rows."""
    await connection.execute(delete(headway))
    if values := [asdict(row) for row in rows]:
        await connection.execute(insert(headway), values)

"""What a data folder was begun with and keeps: all its packages and channels are built on it."""

from sqlalchemy import CheckConstraint, Column, Integer, Table, select

from insta_stream.db.engine import Database
from insta_stream.db.schema import METADATA
from insta_stream.errors import NotReady, WrongState

profile = Table(
    "profile",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("segment_seconds", Integer, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)


async def settle(database: Database, segment_seconds: int) -> None:
    """Fix the length of segments, and with it every channel's target duration, at the first start.

    Raises WrongState ("profile_fixed") when the data folder was begun with another length, NotReady where
    nobody can read with which.
    """
    async with database.write() as connection:
        fixed = await connection.scalar(select(profile.c.segment_seconds))
        if fixed is None:
            await connection.execute(profile.insert(), {"id": 1, "segment_seconds": segment_seconds})
        elif not (isinstance(fixed, int) and fixed > 0):
            raise NotReady(
                "The database is damaged: the length of segments is missing. Restore a backup into a new "
                "folder."
            )
        elif fixed != segment_seconds:
            raise WrongState(
                f"This data folder was created with segments of {fixed} s, and the setting asks for "
                f"{segment_seconds} s. Set it back to {fixed} s, or start a new data folder with --data.",
                code="profile_fixed",
            )

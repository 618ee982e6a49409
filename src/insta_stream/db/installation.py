"""Which installation a database is of: the folders that belong to it carry the same mark."""

import asyncio

from sqlalchemy import CheckConstraint, Column, Integer, String, Table, inspect, select
from sqlalchemy.ext.asyncio import AsyncConnection

from insta_stream.db.engine import Database
from insta_stream.db.news import mend
from insta_stream.db.profile import settle
from insta_stream.db.schema import METADATA
from insta_stream.db.upgrade import is_newest, revision
from insta_stream.db.videos import rendition, video
from insta_stream.errors import DiskFull, NotReady, WrongState
from insta_stream.storage import installation as marks
from insta_stream.storage.folder import DataFolder
from insta_stream.storage.installation import Known

OLDER_DATA = "older_data"
"""The code of what is wrong with a database that is to be brought up to this version first."""

installation = Table(
    "installation",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("key", String(32), nullable=False),
    CheckConstraint("id = 1", name="one_row"),
)


async def prepare(folder: DataFolder, segment_seconds: int) -> None:
    """Bring the database of a data folder up to this version. The caller has the folder to itself.

    Raises WrongState where it is too new, was begun with segments of another length, or is not the one of
    these folders.
    """
    await (await _with_room(folder, segment_seconds, may_upgrade=True)).close()


async def opened(folder: DataFolder, segment_seconds: int) -> Database:
    """Return the database of a data folder, which others may use. The caller has a seat there.

    Raises what `prepare` raises, and WrongState ("older_data") where it was not brought up to this version.
    """
    return await _with_room(folder, segment_seconds, may_upgrade=False)


async def _with_room(folder: DataFolder, segment_seconds: int, *, may_upgrade: bool) -> Database:
    """Return the database; where the disk is too full to read it, give it the reserve."""
    try:
        return await _opened(folder, segment_seconds, may_upgrade=may_upgrade)
    except (DiskFull, NotReady):
        if not folder.reserve.exists():
            raise
    # SQLite takes some room to read. The server that opens the database takes back what is left of this one.
    await asyncio.to_thread(folder.reserve.unlink)
    return await _opened(folder, segment_seconds, may_upgrade=may_upgrade)


async def _opened(folder: DataFolder, segment_seconds: int, *, may_upgrade: bool) -> Database:
    marks.check_database(folder)
    database = Database(folder.database)
    try:
        if may_upgrade:
            await database.upgrade()
        else:
            await _check_version(folder, database)
        async with database.write() as connection:
            await mend(connection)
        await settle(database, segment_seconds)
        await claim(database, folder)
    except BaseException:
        await database.close()
        raise
    return database


async def _check_version(folder: DataFolder, database: Database) -> None:
    """Raise WrongState ("older_data") unless the database is there, and of this version."""
    if folder.database.exists():
        async with database.read() as connection:
            if is_newest(await connection.run_sync(revision)):
                return
    raise WrongState(
        "The data folder is of another version of Insta-Stream: stop all servers that use it, then start "
        "this one.",
        code=OLDER_DATA,
    )


async def claim(database: Database, folder: DataFolder, *, is_adopted: bool = False) -> Known:
    """See that the folders are those of the database, and mark them; return what should be in them.

    is_adopted: they become so, whatever they were. Raises what `storage.installation.check` raises.
    """
    async with database.read() as connection:
        known = await _known(connection)
    if not is_adopted:
        await asyncio.to_thread(marks.check, folder, known)
    await asyncio.to_thread(marks.mark, folder, known.installation)
    return known


async def key(connection: AsyncConnection) -> str:
    """Return the mark of the installation that a database is of; "" before an upgrade has given it one."""
    if not await connection.run_sync(lambda sync: inspect(sync).has_table(installation.name)):
        return ""
    return await connection.scalar(select(installation.c.key)) or ""


async def _known(connection: AsyncConnection) -> Known:
    """Return what a database says should be in the folders."""
    originals = select(video.c.id).where(video.c.has_original, video.c.released_at.is_(None))
    packages = select(rendition.c.package).where(rendition.c.published > 0).distinct()
    return Known(
        installation=await key(connection),
        originals=frozenset((await connection.scalars(originals)).all()),
        packages=frozenset((await connection.scalars(packages)).all()),
    )

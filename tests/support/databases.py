"""Databases with the tables of this version: migrations are done once, and what they made is copied."""

import asyncio
import tempfile
from functools import cache
from pathlib import Path

from sqlalchemy import NullPool, create_engine

from insta_stream.db.engine import Database
from insta_stream.db.upgrade import upgrade


async def database_at(path: Path) -> Database:
    """Return a database, begun where there is none yet; the caller closes it."""
    await asyncio.to_thread(_begin, path)
    database = Database(path)
    await database.upgrade()
    return database


def _begin(path: Path) -> None:
    if not path.exists():
        path.write_bytes(_empty())


@cache
def _empty() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        with create_engine(f"sqlite:///{path}", poolclass=NullPool).begin() as connection:
            upgrade(connection)
        return path.read_bytes()

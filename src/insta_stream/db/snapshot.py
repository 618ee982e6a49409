"""A copy of the database as it is at one instant, made without disturbing who uses it."""

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from insta_stream.db.engine import refusals
from insta_stream.errors import Unknown

WAIT_SECONDS = 30.0


def copy(path: Path, to: Path) -> None:
    """Copy a database to a file that is not there yet.

    Raises Unknown where there is none, DiskFull, and NotReady where it is damaged or cannot be read.
    """
    if not path.is_file():
        raise Unknown(f"{path.parent} is not a data folder: it has no {path.name}. Name one with --data.")
    # Not mode=ro: a connection that cannot write leaves its log beside the database of a stopped server.
    uri = f"file:{quote(str(path.absolute()))}?mode=rw"
    with refusals(), closing(sqlite3.connect(uri, uri=True, timeout=WAIT_SECONDS)) as source:
        source.execute("VACUUM INTO ?", (str(to),))

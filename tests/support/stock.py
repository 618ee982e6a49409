"""Rows of videos for channels to name. A shelf hands out their ids, and writes nothing."""

import sqlite3
import tempfile
from collections.abc import Iterable
from contextlib import closing
from functools import cache
from pathlib import Path

from sqlalchemy import NullPool, create_engine

from insta_stream.db import videos
from insta_stream.db.upgrade import upgrade
from insta_stream.ids import PackageId, VideoId

FILMS = 250
COUNT = 10
"""Of two-second segments, all published."""


def video_id(number: int) -> VideoId:
    """Return the id of a film, from 0 on."""
    return VideoId(f"{number:032x}")


def package_id(number: int) -> PackageId:
    """Return the id of a film's package."""
    return PackageId(f"{FILMS + number:032x}")


def stocked(path: Path) -> None:
    """Begin a database that has the rows, unless it is there."""
    if not path.exists():
        path.write_bytes(_template())


@cache
def _template() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "stocked.db"
        with create_engine(f"sqlite:///{path}", poolclass=NullPool).begin() as connection:
            upgrade(connection)
            connection.execute(videos.video.insert(), [_video(number) for number in range(FILMS)])
            connection.execute(videos.package.insert(), [_package(number) for number in range(FILMS)])
            connection.execute(videos.rendition.insert(), [_rendition(number) for number in range(FILMS)])
        return path.read_bytes()


def _video(number: int) -> dict[str, object]:
    return {
        "id": video_id(number),
        "name": f"film {number}",
        "size_bytes": 1000,
        "added_at": number,
        "is_hidden": False,
        "width": 1280,
        "height": 720,
        "frame_rate": "25",
        "video_codec": "h264",
        "audio_codec": "aac",
    }


def _package(number: int) -> dict[str, object]:
    return {
        "id": package_id(number),
        "video": video_id(number),
        "created_at": number,
        "state": "ready",
        "is_current": True,
        "is_airable": True,
        "has_pictures": False,
        "attempts": 0,
        "error": "",
        "segment_table": [[COUNT, 1_440_000]],
        "cautions": [],
        "inspection": "",
        "plan": "",
    }


def _rendition(number: int) -> dict[str, object]:
    return {
        "package": package_id(number),
        "name": "240p",
        "position": 0,
        "kind": "encode",
        "is_early": False,
        "published": COUNT,
        "size_bytes": COUNT * 100,
        "is_complete": True,
        "error": "",
    }


_ROWS = (
    """INSERT INTO video (id, name, size_bytes, added_at, is_hidden, width, height, frame_rate, video_codec,
    audio_codec) VALUES (:video, '', 1, 1, 0, 1, 1, '25', '', '') ON CONFLICT DO NOTHING""",
    """INSERT INTO package (id, video, created_at, state, is_current, is_airable, has_pictures, attempts,
    error, segment_table, cautions, inspection, plan)
    VALUES (:package, :video, 1, 'ready', 0, 1, 0, 0, '', '[]', '[]', '', '')""",
    """INSERT INTO rendition (package, name, position, kind, is_early, published, size_bytes, is_complete,
    error) VALUES (:package, '240p', 0, 'encode', 0, 1, 1, 1, '')""",
)


def keep(path: Path, films: Iterable[tuple[VideoId, PackageId]]) -> None:
    """Write the rows of other films, with a segment each, into a database to which nobody writes now."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA synchronous = OFF")
        for video, package in films:
            for row in _ROWS:
                connection.execute(row, {"video": video, "package": package})

"""What cannot work is said in one sentence, at once, with an exit status and no traceback."""

import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.command import insta_stream
from tests.support.server import free_port

from insta_stream import __version__
from insta_stream.db.engine import Database
from insta_stream.db.profile import settle


def refusal(*arguments: str, **environment: str) -> str:
    """Return the one sentence on standard error; everything else must be silent."""
    done = insta_stream(*arguments, **environment)
    assert done.returncode != 0
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    return done.stderr


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        yield port


def test_the_version_is_said() -> None:
    assert insta_stream("--version").stdout == f"insta-stream {__version__}\n"


def test_a_port_in_use_is_named(taken_port: int, tmp_path: Path) -> None:
    said = refusal("serve", "--port", str(taken_port), "--data", str(tmp_path))
    assert f"Port {taken_port} is in use" in said
    assert "--port" in said


def test_a_metrics_port_in_use_is_named(taken_port: int, tmp_path: Path) -> None:
    ports = ("--port", str(free_port()), "--metrics-port", str(taken_port))
    said = refusal("serve", *ports, "--data", str(tmp_path))
    assert f"Port {taken_port} is in use" in said
    assert "--metrics-port" in said


def test_a_data_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said = refusal("serve", "--port", str(free_port()), "--data", str(tmp_path / "file" / "data"))
    assert str(tmp_path / "file") in said
    assert "--data" in said


def test_an_unknown_rung_is_refused(tmp_path: Path) -> None:
    assert "8K" in refusal("serve", "--rungs", "720p,8K", "--data", str(tmp_path))


def test_an_ffmpeg_that_is_none_is_refused(tmp_path: Path) -> None:
    said = refusal("serve", "--port", str(free_port()), "--data", str(tmp_path), "--ffmpeg", "/bin/true")
    assert "/bin/true" in said


def test_data_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "insta-stream.db") as database:
        database.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY)")
        database.execute("INSERT INTO alembic_version VALUES ('from_the_future')")
    database.close()
    assert "newer version" in refusal("serve", "--data", str(tmp_path), INSTA_STREAM_PORT=str(free_port()))


async def test_another_length_of_segments_is_refused(tmp_path: Path) -> None:
    database = Database(tmp_path / "insta-stream.db")
    await database.upgrade()
    await settle(database, 2)
    await database.close()
    said = refusal("serve", "--data", str(tmp_path), "--port", str(free_port()), "--segment-seconds", "4")
    assert "created with segments of 2 s" in said


def test_a_server_that_is_not_there_is_named() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    said = refusal("channels", "list", "--url", url)
    assert url in said
    assert "insta-stream serve" in said


def test_a_token_that_no_header_can_carry_is_refused_at_once() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    assert "only ASCII" in refusal("channels", "list", "--url", url, "--token", "lang-genug-für-alle")


def test_what_is_no_address_is_refused_at_once() -> None:
    assert "must start with http://" in refusal("channels", "list", "--url", "localhost:3000")
    done = insta_stream("check", "stream.m3u8")
    assert done.returncode == 2
    assert "starts with http://" in done.stderr


def test_a_backup_without_any_video_is_refused(tmp_path: Path) -> None:
    both = ("--without-originals", "--without-packages")
    said = refusal("backup", *both, str(tmp_path / "backup.tar"), "--data", str(tmp_path / "data"))
    assert "would contain no video" in said


def test_doctor_finds_what_is_wrong(taken_port: int, tmp_path: Path) -> None:
    done = insta_stream(
        "doctor", "--port", str(taken_port), "--data", str(tmp_path), INSTA_STREAM_PROT="1", COLUMNS="200"
    )
    assert done.returncode == 1
    assert f"Port {taken_port} is in use" in done.stdout
    assert "INSTA_STREAM_PROT is not a setting" in done.stdout
    assert "FFmpeg runs with" in done.stdout

"""Segments that go away while they are asked for."""

import os
from pathlib import Path

import pytest
from tests.unit.delivery.test_replies import ask

from insta_stream.delivery import media
from insta_stream.delivery.media import Media
from insta_stream.metrics import Metrics

PACKAGE = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize("name", ["1.ts", "1.join.ts"])
async def test_a_segment_that_goes_between_two_looks_at_it_is_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (folder := tmp_path / PACKAGE / "720p").mkdir(parents=True)
    (segment := folder / "1.ts").write_bytes(b"\x47")
    look = media._status

    def look_and_remove(path: str) -> os.stat_result:
        found = look(path)
        segment.unlink()
        return found

    monkeypatch.setattr(media, "_status", look_and_remove)
    reply = await ask(Media(tmp_path, Metrics()), f"/media/{PACKAGE}/720p/{name}")
    assert reply.status == 404
    assert reply.headers[b"access-control-allow-origin"] == b"*"


@pytest.mark.parametrize("name", ["1.ts", "1.join.ts"])
async def test_a_segment_that_cannot_be_read_is_worth_another_try(tmp_path: Path, name: str) -> None:
    (folder := tmp_path / PACKAGE / "720p").mkdir(parents=True)
    (folder / "1.ts").symlink_to("1.ts")
    reply = await ask(Media(tmp_path, Metrics()), f"/media/{PACKAGE}/720p/{name}")
    assert reply.status == 503
    assert reply.headers[b"access-control-allow-origin"] == b"*"
    assert reply.headers[b"cache-control"] == b"no-store"


async def test_a_segment_that_is_damaged_cannot_be_joined(tmp_path: Path) -> None:
    (folder := tmp_path / PACKAGE / "720p").mkdir(parents=True)
    (folder / "1.ts").write_bytes(b"no transport stream")
    reply = await ask(Media(tmp_path, Metrics()), f"/media/{PACKAGE}/720p/1.join.ts")
    assert reply.status == 503

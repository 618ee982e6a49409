"""From the last byte of an upload to the air: when it can air, and when a channel that waits lists it."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import httpx
from tests.support.waiting import eventually

from bench import clips, stations
from bench.figures import Figure, at_most
from insta_stream.media.inspect import inspect

ROUNDS = 3
SHORT_SECONDS, TIMES_LONGER = 30, 60

Times = tuple[float, float]
"""Seconds until it can air, and until its first segment is listed."""


def measure(scratch: Path) -> Iterator[Figure]:
    """Yield seconds. Files that are cut go to a channel of one rung, the others to one with the ladder."""
    cut = clips.copyable(scratch / "cut.mp4", SHORT_SECONDS)
    encoded = clips.foreign(scratch / "encoded.mp4", SHORT_SECONDS)
    kinds = {"cut": (cut, ("--rungs", "720p"), 1.0), "encoded": (encoded, (), 4.0)}
    minutes = SHORT_SECONDS * TIMES_LONGER // 60
    for kind, (short, flags, limit) in kinds.items():
        long = clips.longer(scratch / f"long-{kind}.mp4", short, TIMES_LONGER, SHORT_SECONDS)
        for path in (short, long):
            _check(path, is_cut=kind == "cut")
        with stations.station(scratch / f"data-{kind}", *flags) as (_, client):
            stations.start(client, "main")
            for name, path in ((f"{SHORT_SECONDS} s", short), (f"{minutes} min", long)):
                times = [_upload(client, path) for _ in range(ROUNDS)]
                what = f"{name} ({path.stat().st_size >> 20} MiB), {kind}"
                yield Figure.of(f"{what}: can air", "s", [each[0] for each in times], at_most(limit))
                yield Figure.of(f"{what}: first segment listed", "s", [each[1] for each in times])


def _check(path: Path, *, is_cut: bool) -> None:
    """Raise RuntimeError for a file that is not what its row says."""
    obstacle = asyncio.run(inspect(path)).copy_obstacle
    if is_cut == bool(obstacle):
        raise RuntimeError(f"{path.name} is{' not' if is_cut else ''} cut without encoding. {obstacle}")


class _Watched:
    """A file that takes note of when its last byte was read: sockets hold little more."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.ended_at = 0.0

    def read(self, size: int = -1) -> bytes:
        piece = self._file.read(size)
        self.ended_at = time.monotonic()
        return piece

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def _upload(client: httpx.Client, path: Path) -> Times:
    """Upload into the playlist of the main channel, watch, and delete the video again."""
    before = _packages(client)
    with path.open("rb") as file:
        watched = _Watched(file)
        files = {"video": (path.name, watched)}
        video = stations.data(client.post("/api/upload", files=files))["id"]  # type: ignore[arg-type]
    airable = eventually(lambda: _is_airable(client, video), 600) - watched.ended_at
    listed = eventually(lambda: time.monotonic() if _packages(client) - before else None, 600)
    client.delete(f"/api/videos/{video}").raise_for_status()
    eventually(lambda: _is_slate(client), 600)
    return airable, listed - watched.ended_at


def _is_airable(client: httpx.Client, video: str) -> float | None:
    """Return the time at which this was found to be so."""
    found = stations.data(client.get(f"/api/videos/{video}"))
    if found["state"] == "failed":
        raise RuntimeError(f"the upload failed: {found['error']}")
    return time.monotonic() if found["airable"] else None


def _packages(client: httpx.Client) -> set[str]:
    """Return whose segments the main channel lists."""
    text = client.get(stations.playlists(client, "main")[0]).text
    return {line.split("/")[-3] for line in text.splitlines() if line.endswith(".ts")}


def _is_slate(client: httpx.Client) -> bool:
    """Say whether the channel is back where it was: nothing airs but the slate."""
    return stations.data(client.get("/api/stream/status"))["currentVideo"] is None

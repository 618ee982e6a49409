"""The same job the old way: one endless FFmpeg per channel, which encodes what it plays in real time."""

import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
from tests.support.waiting import eventually

from bench import clips, stations
from bench.figures import TIMES, Figure, ratios
from bench.process import cpu_seconds, memory_mib
from insta_stream.media.ladder import LADDER, RUNGS, Rung

SECONDS = 20
CLIP_SECONDS = 30

Cost = tuple[float, float]
"""Percent of a core, MiB."""


def measure(scratch: Path) -> Iterator[Figure]:
    """Yield times and costs of a channel, ours with one player."""
    clip = clips.foreign(scratch / "clip.mp4", CLIP_SECONDS)
    (scratch / "list.txt").write_text(f"file '{clip}'\n")
    listed, cost = _ours(scratch, clip)
    yield Figure.of("ours: first segment listed", "s", listed)
    yield from _costs("ours, a server with one channel and a player", cost)
    for name, rungs in (("720p", (RUNGS["720p"],)), ("the five rungs", LADDER)):
        theirs, old = _old(scratch, name.replace(" ", "-"), rungs)
        yield Figure.of(f"old, {name}: first segment listed", "s", theirs)
        yield from _costs(f"old, {name}", old)
        yield Figure.of(f"old of ours, {name}: processor", TIMES, ratios([old[0]], [max(cost[0], 0.05)]))


def _costs(name: str, cost: Cost) -> Iterator[Figure]:
    yield Figure.of(f"{name}: processor", "% of a core", cost[0])
    yield Figure.of(f"{name}: memory", "MiB", cost[1])


def _ours(scratch: Path, clip: Path) -> tuple[float, Cost]:
    with stations.station(scratch / "data") as (server, client):
        videos = stations.package(client, clip)
        stations.add_channel(client, "bench", videos)
        began = time.monotonic()
        stations.start(client, "bench")
        url = stations.playlists(client, "bench")[0]
        if not _plays(client, url):
            raise RuntimeError(f"{url} lists nothing")
        listed = time.monotonic() - began
        return listed, _cost(server.process.pid, client, url)


def _old(scratch: Path, name: str, rungs: Sequence[Rung]) -> tuple[float, Cost]:
    folder = scratch / name
    folder.mkdir()
    with _endless(scratch / "list.txt", folder, rungs) as process:
        began = time.monotonic()
        lists = [folder / f"{rung.name}.m3u8" for rung in rungs]
        eventually(lambda: all(each.exists() and "#EXTINF" in each.read_text() for each in lists))
        return time.monotonic() - began, _cost(process.pid)


@contextmanager
def _endless(playlist: Path, folder: Path, rungs: Sequence[Rung]) -> Iterator[subprocess.Popen[bytes]]:
    """Run FFmpeg as the application before this one did: endlessly, in real time, encoding all the while."""
    command: list[str | Path] = [clips.FFMPEG, "-loglevel", "error", "-nostdin", "-re", "-stream_loop", "-1"]
    command += ["-f", "concat", "-safe", "0", "-i", playlist]
    for rung in rungs:
        command += ["-map", "0:v", "-map", "0:a", "-s", f"{rung.width}x{rung.height}", "-c:v", "libx264"]
        command += ["-preset", "veryfast", "-maxrate", str(rung.video_bps), "-bufsize", str(rung.video_bps)]
        command += ["-crf", "22", "-g", "50", "-sc_threshold", "0", "-pix_fmt", "yuv420p"]
        command += ["-c:a", "aac", "-b:a", "128k", "-f", "hls", "-hls_time", "2", "-hls_list_size", "10"]
        command += ["-hls_flags", "delete_segments", "-hls_segment_filename", folder / f"{rung.name}-%d.ts"]
        command += [folder / f"{rung.name}.m3u8"]
    process = subprocess.Popen(list(map(str, command)), stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


def _cost(pid: int, client: httpx.Client | None = None, url: str = "") -> Cost:
    """Return what a process costs once it is under way; a player asks every two seconds if there is one."""
    time.sleep(3)
    used, began = cpu_seconds(pid), time.monotonic()
    while time.monotonic() - began < SECONDS:
        if client is not None and not _plays(client, url):
            raise RuntimeError(f"{url} lists nothing any more")
        time.sleep(2)
    share = 100 * (cpu_seconds(pid) - used) / (time.monotonic() - began)
    return share, memory_mib(pid)


def _plays(client: httpx.Client, url: str) -> bool:
    """Fetch a playlist and its newest segment, as a player does."""
    lines = [line for line in client.get(url).text.splitlines() if line and not line.startswith("#")]
    return bool(lines) and client.get(httpx.URL(url).join(lines[-1])).is_success

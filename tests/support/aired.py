"""What viewers see of a film: it is inspected, planned and packaged as ever, and decoded again."""

import asyncio
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.support.builds import BUNDLED
from tests.support.inspection import inspect

from insta_stream.media.command import Source
from insta_stream.media.encoding import EncodingProgress, PackageJob, package
from insta_stream.media.ffmpeg import FFmpeg
from insta_stream.media.ladder import RUNGS
from insta_stream.media.model import Inspection, Plan
from insta_stream.media.plan import plan


class Deaf:
    """A listener that takes no note."""

    def on_published(self, rendition: str, count: int) -> None: ...

    def on_progress(self, progress: EncodingProgress) -> None: ...


@dataclass(frozen=True)
class Aired:
    """A packaged film. streams: of each rendition, all its segments."""

    inspection: Inspection
    plan: Plan
    streams: dict[str, bytes]


async def air(source: Path, ffmpeg: Path, folder: Path, *rungs: str) -> Aired:
    """Package a film in these rungs and those below that it gets."""
    inspection = await inspect(source)
    planned = plan(inspection, tuple(RUNGS[name] for name in rungs), 2)
    made = folder / "package"
    for kind in ("copy", "encode"):
        names = tuple(rendition.name for rendition in planned.renditions if rendition.kind == kind)
        if names:
            job = PackageJob(Source(source, inspection), planned, names, made, folder / "work", threads=1)
            await package(FFmpeg(ffmpeg, "test", can_tone_map=True), job, Deaf())
    names = tuple(rendition.name for rendition in planned.renditions)
    joined = {
        name: b"".join((made / name / f"{n}.ts").read_bytes() for n in range(planned.table.count))
        for name in names
    }
    return Aired(inspection, planned, joined)


def decode(stream: bytes, *options: str) -> bytes:
    """Decode a transport stream with these output options."""
    command = [BUNDLED, "-v", "error", "-f", "mpegts", "-i", "-", *options, "-"]
    return subprocess.run(command, input=stream, capture_output=True, check=True).stdout


async def frames(stream: bytes, width: int, height: int, pixels: str = "rgb24") -> list[bytes]:
    """Return the decoded pictures of a rendition of this size, as bytes."""
    options = ("-map", "0:v", "-fps_mode", "passthrough", "-pix_fmt", pixels, "-f", "rawvideo")
    data = await asyncio.to_thread(decode, stream, *options)
    size = width * height * (3 if pixels == "rgb24" else 1)
    assert len(data) % size == 0
    return [data[at : at + size] for at in range(0, len(data), size)]

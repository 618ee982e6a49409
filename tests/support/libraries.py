"""Libraries in temporary folders, with short clips; also run as a program, to be killed.

    python -m tests.support.libraries FOLDER [CLIP]

packages CLIP (or goes on with what is there) until nothing is left to do, and prints a line for each change.
It takes its time, however little there is to encode.
"""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from tests.support.builds import BUNDLED
from tests.support.databases import database_at
from tests.support.paced import paced
from tests.support.waiting import until

from insta_stream.clock import Clock
from insta_stream.db.engine import Database
from insta_stream.db.news import asked
from insta_stream.duties import Duties
from insta_stream.ids import PackageId, VideoId
from insta_stream.library.library import Library, Profile, UploadLimits
from insta_stream.library.video import Video
from insta_stream.media.ceilings import caps
from insta_stream.media.ffmpeg import FFmpeg
from insta_stream.media.ladder import RUNGS, Rung
from insta_stream.storage.folder import DataFolder, FolderLock
from insta_stream.storage.lock import is_held
from insta_stream.work import slate
from insta_stream.work.workshop import Workshop

FFMPEG = FFmpeg(BUNDLED, "bundled", can_tone_map=True)
LADDER = (RUNGS["360p"], RUNGS["240p"])
NAMES = tuple(rung.name for rung in LADDER)
CAPS = caps(LADDER)
MAX_BYTES = 64 << 20

_ASK_SECONDS = 0.05


def make_clip(
    path: Path, seconds: int, *, size: str = "640x360", picture: str = "testsrc2", container: str = "mp4"
) -> Path:
    """Write a clip that has to be encoded (MPEG-4 Visual is never copied).

    picture: a source of FFmpeg's; one that stands still, such as smptebars, is soon encoded.
    """
    command = [
        *(str(FFMPEG.path), "-hide_banner", "-loglevel", "error", "-y"),
        *(
            "-f",
            "lavfi",
            "-i",
            f"{picture}=size={size}:rate=25",
            "-f",
            "lavfi",
            "-i",
            "sine=sample_rate=48000",
        ),
        *(
            "-t",
            str(seconds),
            "-c:v",
            "mpeg4",
            "-q:v",
            "8",
            "-g",
            "50",
            "-c:a",
            "aac",
            "-f",
            container,
            str(path),
        ),
    ]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return path


async def make_short_slate(_ffmpeg: FFmpeg, path: Path) -> None:
    """Stand in for the real slate, which takes seconds to make; one test makes that."""
    await asyncio.to_thread(make_clip, path, 2, size="128x72")


class WorkingLibrary(Library):
    """A library, and what makes videos and packages in its process."""

    workshop: Workshop

    async def adopt(self, path: Path, name: str) -> Video:
        """Make a video of a file."""
        return await self.workshop.intake.adopt(path, name)


@asynccontextmanager
async def open_library(
    root: Path,
    *,
    max_bytes: int = MAX_BYTES,
    min_free_bytes: int = 0,
    ladder: tuple[Rung, ...] = LADDER,
    ffmpeg: FFmpeg = FFMPEG,
) -> AsyncIterator[WorkingLibrary]:
    """Run a library on a data folder."""
    folder = DataFolder.under(root)
    folder.create()
    lock = FolderLock(folder)
    lock.take()
    database = await database_at(folder.database)
    try:
        profile = Profile(ladder, segment_seconds=2, jobs=1, min_free_bytes=min_free_bytes)
        limits = UploadLimits(max_bytes, min_free_bytes)
        library = WorkingLibrary(database, folder, Clock(), profile, limits)
        await library.load()
        workshop, duties = Workshop.of(library, database, ffmpeg), Duties()
        library.workshop = workshop
        duties.begin("news", partial(_follow, library, database))
        await workshop.begin(duties)
        try:
            yield library
        finally:
            await duties.stop()
            await workshop.stop()
            await library.stop()
    finally:
        await database.close()
        lock.release()


async def _follow(library: Library, database: Database) -> None:
    """Let a library know what is told, as a server's channels do."""
    while True:
        await library.catch_up(await asked(database))
        await asyncio.sleep(_ASK_SECONDS)


def segments(folder: DataFolder, package: PackageId, rendition: str) -> list[Path]:
    """Return the published segments of a rendition, in order."""
    return sorted(folder.rendition(package, rendition).iterdir(), key=lambda path: int(path.stem))


def decoded_frames(files: list[Path]) -> int:
    """Return the pictures in these segments; FFmpeg's slightest complaint is a failure."""
    command = [
        *(str(FFMPEG.path), "-v", "warning", "-xerror", "-f", "mpegts", "-i", "-"),
        *("-f", "framecrc", "-map", "0:v", "-"),
    ]
    joined = b"".join(path.read_bytes() for path in files)
    done = subprocess.run(command, input=joined, capture_output=True, check=True)
    assert done.stderr == b""
    return sum(not line.startswith(b"#") for line in done.stdout.splitlines())


async def slate_settled(library: Library) -> None:
    """Wait until the slate is packaged whole."""
    catalogue = library._catalogue
    await until(lambda: (it := catalogue.hidden()) is not None and catalogue.newest(it).state == "ready", 300)


async def settled(library: Library, id_: VideoId) -> Video:
    """Wait until nothing more is made of a video, and nobody writes to its files; return it."""
    catalogue, folder = library.parts.catalogue, library.parts.folder
    await until(
        lambda: not (catalogue.is_being_made(id_) or is_held(folder.package(catalogue.newest(id_).id)))
    )
    return library.get(id_)


async def _run(root: Path, clip: Path | None) -> None:
    async with open_library(root, ffmpeg=paced(FFMPEG, root, times=4)) as library:
        if clip is not None:
            await library.adopt(clip, clip.name)
        for video in library.videos():
            library.subscribe(lambda id_: print("news", id_, flush=True))  # noqa: T201
            await settled(library, video.id)
            print(library.get(video.id).state, flush=True)  # noqa: T201


if __name__ == "__main__":
    vars(slate)["make_slate"] = make_short_slate
    asyncio.run(_run(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None))

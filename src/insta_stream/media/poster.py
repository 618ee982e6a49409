"""Makes the pictures that stand for a video in the UI: a poster, and a strip of thumbnails to scrub with."""

import asyncio
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from insta_stream.media.encoding import attempt
from insta_stream.media.ffmpeg import FFmpeg
from insta_stream.media.ladder import RUNGS
from insta_stream.media.process import Limits, run

POSTER_WIDTH = 640
TILE_WIDTH, TILE_HEIGHT = 160, 90
COLUMNS = 10
MAX_TILES = 100

_LIMITS = Limits(wall_seconds=120, stall_seconds=60)


@dataclass(frozen=True, slots=True)
class Strip:
    """strip.jpg: `tiles` thumbnails of TILE_WIDTH x TILE_HEIGHT, in rows of `columns`, left to right.

    Thumbnail i is the first picture of segment `segments[i]`.
    """

    columns: int
    segments: tuple[int, ...]

    @property
    def tiles(self) -> int:
        """How many thumbnails there are."""
        return len(self.segments)


def strip_of(count: int) -> Strip:
    """Return the strip of a video of `count` segments: all of them, or MAX_TILES equally spaced ones."""
    tiles = min(count, MAX_TILES)
    return Strip(min(tiles, COLUMNS), tuple(tile * count // tiles for tile in range(tiles)))


def sharp_enough(names: Sequence[str]) -> str:
    """Return the smallest of these renditions (best first) that fills the poster; the best if none does."""
    filling = [name for name in names if RUNGS[name].width >= POSTER_WIDTH]
    return filling[-1] if filling else names[0]


async def make_pictures(ffmpeg: FFmpeg, package: Path, rendition: str, count: int, work: Path) -> Strip:
    """Write poster.jpg and strip.jpg into the package, from a rendition of `count` published segments.

    Only the key frames of the strip's segments are decoded, so a long film takes no longer than a short one.
    The poster is the most typical of them; it is not enlarged. Raises PackagingFailed.
    """
    strip = strip_of(count)
    with attempt(work) as folder:
        joined = folder / "joined.ts"
        await asyncio.to_thread(_join, [package / rendition / f"{n}.ts" for n in strip.segments], joined)
        await run(_command(ffmpeg, joined, strip, folder), limits=_LIMITS)
        for name in ("poster.jpg", "strip.jpg"):
            (folder / name).replace(package / name)
    return strip


def _join(segments: Sequence[Path], joined: Path) -> None:
    with joined.open("wb") as output:
        for segment in segments:
            with segment.open("rb") as source:
                shutil.copyfileobj(source, output)


def _command(ffmpeg: FFmpeg, joined: Path, strip: Strip, folder: Path) -> list[str]:
    rows = ceil(strip.tiles / strip.columns)
    to_jpeg = "in_range=limited:out_range=full:out_color_matrix=bt601,format=yuvj420p"
    graph = (
        f"[0:v]split[a][b];"
        f"[a]thumbnail=n={max(2, strip.tiles)},scale='min({POSTER_WIDTH},iw)':-2:{to_jpeg}[poster];"
        f"[b]scale={TILE_WIDTH}:{TILE_HEIGHT}:{to_jpeg},tile={strip.columns}x{rows}:nb_frames={strip.tiles}[strip]"
    )
    picture = ("-frames:v", "1", "-c:v", "mjpeg", "-q:v", "4", "-f", "image2", "-update", "1")
    return [
        *(str(ffmpeg.path), "-nostdin", "-hide_banner", "-loglevel", "error", "-y", "-progress", "pipe:1"),
        *("-protocol_whitelist", "file", "-f", "mpegts", "-skip_frame", "nokey", "-i", str(joined)),
        *("-filter_complex", graph),
        *("-map", "[poster]", *picture, str(folder / "poster.jpg")),
        *("-map", "[strip]", *picture, str(folder / "strip.jpg")),
    ]

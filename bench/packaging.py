"""Packaging a film against the same encodes in one bare FFmpeg command."""

import asyncio
import resource
import time
from collections.abc import Awaitable, Iterator
from functools import partial
from pathlib import Path

from tests.support.libraries import open_library, slate_settled

from bench import clips
from bench.figures import Figure, at_most, ratios
from insta_stream.library.library import Library
from insta_stream.media.ladder import RUNGS

Times = tuple[float, float]
"""Wall and processor seconds."""

ROUNDS = 6
SECONDS = 75
PATIENCE_SECONDS = 900
LOOK_SECONDS = 0.05
"""How often it is looked at: looking costs a little of what is measured."""

LADDER = (RUNGS["480p"], RUNGS["360p"], RUNGS["240p"])


def measure(scratch: Path) -> Iterator[Figure]:
    """Yield times of both."""
    film = clips.foreign(scratch / "film.mp4", SECONDS)
    ours, bare = asyncio.run(_rounds(scratch, film))
    for place, kind in enumerate(("wall", "processor")):
        mine, others = [each[place] for each in ours], [each[place] for each in bare]
        yield Figure.of(f"ours, {kind}", "s", mine)
        yield Figure.of(f"bare FFmpeg, {kind}", "s", others)
        more = [100 * (ratio - 1) for ratio in ratios(mine, others)]
        yield Figure.of(f"overhead, {kind}", "%", more, at_most(5))


async def _rounds(scratch: Path, film: Path) -> tuple[list[Times], list[Times]]:
    """Package and encode by turns; each goes first as often, for the caches that the first one warms."""
    ours: list[Times] = []
    bare: list[Times] = []
    async with open_library(scratch / "data", ladder=LADDER) as library:
        await slate_settled(library)
        for number in range(ROUNDS):
            folder = scratch / f"bare-{number}"
            works = [
                (ours, partial(_packaged, library, film)),
                (bare, partial(asyncio.to_thread, _bare, folder, film)),
            ]
            for times, work in works if number % 2 == 0 else reversed(works):
                times.append(await _timed(work()))
    return ours, bare


async def _timed(work: Awaitable[None]) -> Times:
    """Return wall and processor seconds of some work and the processes that it ran."""
    wall, processor = time.monotonic(), _processor()
    await work
    return time.monotonic() - wall, _processor() - processor


def _processor() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


async def _packaged(library: Library, film: Path) -> None:
    """Do all that becomes of an upload: inspection, pictures, segments that are verified and synced."""
    video = await library.adopt(film, "film")
    async with asyncio.timeout(PATIENCE_SECONDS):
        while video.state == "packaging":
            await asyncio.sleep(LOOK_SECONDS)
            video = library.get(video.id)
    if video.state != "ready":
        raise RuntimeError(f"packaging failed: {video.error}")


def _bare(folder: Path, film: Path) -> None:
    """Encode as one would by hand: decoded once, all rungs at once, cut into segments by FFmpeg."""
    splits = "".join(f"[s{number}]" for number in range(len(LADDER)))
    scales = (f"[s{n}]scale={rung.width}:{rung.height}[v{n}]" for n, rung in enumerate(LADDER))
    command: list[str | Path] = ["-i", film]
    command += ["-filter_complex", ";".join((f"[0:v]split={len(LADDER)}{splits}", *scales))]
    for number, rung in enumerate(LADDER):
        (target := folder / rung.name).mkdir(parents=True)
        command += ["-map", f"[v{number}]", "-map", "0:a", "-c:v", "libx264", "-preset", "veryfast"]
        command += ["-crf", "22", "-maxrate", str(rung.video_bps), "-bufsize", str(rung.video_bps)]
        command += ["-profile:v", rung.profile, "-level:v", rung.level, "-pix_fmt", "yuv420p"]
        command += ["-g", "50", "-keyint_min", "50", "-sc_threshold", "0"]
        command += ["-c:a", "aac", "-b:a", "128k", "-ac", "2", "-ar", "48000"]
        command += ["-f", "hls", "-hls_time", "2", "-hls_list_size", "0"]
        command += ["-hls_segment_filename", target / "%d.ts", target / "list.m3u8"]
    clips.run(*command)

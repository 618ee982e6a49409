"""The checks: each looks at one part of the server and finds words for it."""

import asyncio
import shutil
from collections.abc import Callable, Sequence

from pydantic import ByteSize
from sqlalchemy import text

from insta_stream.channels.registry import REMEDY, Channels
from insta_stream.channels.slug import MAIN
from insta_stream.clock import FAR_SECONDS, SLEW, Clock, span
from insta_stream.db.engine import Database
from insta_stream.health.check import Finding
from insta_stream.health.remedies import ADVICE
from insta_stream.health.troubles import Troubles
from insta_stream.library.library import Library
from insta_stream.media.ceilings import caps
from insta_stream.media.ffmpeg import FFmpeg
from insta_stream.storage.folder import DataFolder
from insta_stream.ticks import TICKS_PER_SECOND

CLOCK_OFF_SECONDS = 0.5
"""NTP keeps a clock much closer than this; a step or a stopped time service does not."""

MOST_NAMES = 3
"""Of broken channels, so many are named."""

PACKAGING_FAILURES = 3
PACKAGING_MEMORY = 600 * TICKS_PER_SECOND
PACKAGING_WAIT_SECONDS = 120.0
"""Longer than it takes to bring those to the air that came before, unless something is wrong or too much."""

_PACKAGING = ("packaging_failed", "packaging_crashed", "package_failed", "rendition_given_up")


async def database(database: Database) -> Finding:
    """Ask the database anything."""
    async with database.read() as connection:
        await connection.execute(text("SELECT 1"))
    return Finding("ok", "It answers.")


async def disk(folder: DataFolder, min_free_bytes: int) -> Finding:
    """Compare the room for uploads with what is to stay free. Raises NotReady where the folder is gone."""
    free = await asyncio.to_thread(folder.free_bytes)
    if free < min_free_bytes:
        return Finding(
            "degraded",
            f"{_size(free)} are free; uploads and packaging wait until {_size(min_free_bytes)} are.",
            "Delete videos that are not needed, or give the data folder a larger disk.",
        )
    return Finding("ok", f"{_size(free)} are free.")


async def ffmpeg(ffmpeg: FFmpeg) -> Finding:
    """See that FFmpeg is where it was."""
    if shutil.which(ffmpeg.path) is None:
        return Finding(
            "degraded",
            f"{ffmpeg.path} is gone: channels play on, but no video can be packaged.",
            "Install it again, or name another with the setting `ffmpeg`; `insta-stream doctor` tries it.",
        )
    return Finding("ok", f"Version {ffmpeg.version}.")


async def stored_channels(channels: Channels) -> Finding:
    """See that every channel could be read."""
    if broken := channels.broken():
        names = ", ".join(f"“{channel.title}”" for channel in broken[:MOST_NAMES])
        more = f" and {len(broken) - MOST_NAMES} more" if len(broken) > MOST_NAMES else ""
        return Finding("degraded", f"Broken: {names}{more}. {broken[0].broken}", REMEDY)
    return Finding("ok", "All of them could be read.")


async def slate(library: Library, channels: Channels) -> Finding:
    """See that something can air when nothing else can."""
    if library.slate(caps(channels.get(MAIN).rungs)) is None:
        return Finding(
            "failing",
            "It is being made.",
            "Wait: at the first start it takes some seconds. If it stays so, see the recent troubles.",
        )
    return Finding("ok", "It can air.")


async def clock(clock: Clock) -> Finding:
    """Compare the server's clock with the machine's."""
    drift = clock.drift_seconds()
    if drift < -FAR_SECONDS:
        return Finding(
            "degraded",
            f"Ours is {span(drift)} ahead of the machine's, so every date is wrong: it never goes back, and "
            f"being led back takes {span(drift * SLEW)}.",
            ADVICE["clock_far_ahead"].remedy,
        )
    if drift > FAR_SECONDS:
        return Finding(
            "degraded",
            f"The machine's clock was set: it is {span(drift)} ahead of ours, which is led there without a "
            f"jump, in {span(drift * SLEW)}.",
            "If the machine's clock is right, start the server again: it begins with it. If it is wrong, set "
            "it before the next start: the server's clock never goes back.",
        )
    if abs(drift) > CLOCK_OFF_SECONDS:
        return Finding(
            "degraded",
            f"The machine's clock was set: it is {drift:+.1f} s off ours, which is led there without a jump.",
            "Nothing need be done; see that a time service (NTP) runs.",
        )
    return Finding("ok", "It runs with the machine's.")


async def packaging(troubles: Troubles, clock: Clock, waits: Callable[[], Sequence[float]]) -> Finding:
    """See whether packaging fails again and again, or keeps somebody waiting.

    waits: returns for how many seconds each video has waited that cannot air yet, the longest first.
    """
    oldest = clock.now() - PACKAGING_MEMORY
    failures = [each for each in troubles.recent() if each.code in _PACKAGING and each.at >= oldest]
    if sum(each.count for each in failures) >= PACKAGING_FAILURES:
        return Finding("degraded", f"It fails again and again. {failures[0].message}", failures[0].remedy)
    if (waiting := waits()) and waiting[0] > PACKAGING_WAIT_SECONDS:
        who = "1 video that cannot air yet waits" if len(waiting) == 1 else f"{len(waiting)} videos wait"
        return Finding(
            "degraded",
            f"{who} to be packaged, for {waiting[0] / 60:.0f} minutes already.",
            "Wait, or cancel the packaging of another video in the library; more processors shorten it.",
        )
    return Finding("ok", "It does not fail.")


def _size(size_bytes: int) -> str:
    return ByteSize(size_bytes).human_readable(decimal=True, separator=" ")

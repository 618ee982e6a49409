"""The checks: each looks at one part of the server and finds words for it."""

import asyncio
import shutil
from collections.abc import Callable, Sequence

from pydantic import ByteSize
from sqlalchemy import text

from insta_stream.access.audit_log import AuditLog
from insta_stream.channels.planner import REMEDY
from insta_stream.channels.shown import Shown
from insta_stream.channels.slug import MAIN
from insta_stream.clock import FAR_SECONDS, SLEW, Clock, span
from insta_stream.db.engine import Database
from insta_stream.duties import Duties
from insta_stream.health.check import Finding
from insta_stream.health.remedies import ADVICE
from insta_stream.health.troubles import Troubles
from insta_stream.library.library import Library
from insta_stream.media.ceilings import caps
from insta_stream.media.ffmpeg import FFmpeg
from insta_stream.storage.folder import DataFolder
from insta_stream.ticks import TICKS_PER_SECOND, Ticks

CLOCK_OFF_SECONDS = 0.5
"""NTP keeps a clock much closer than this; a step or a stopped time service does not."""

BEHIND_SECONDS = 10.0
"""A process knows five times in a second that it is up to date; a slow disk delays that."""

MOST_NAMES = 3
"""Of broken channels, so many are named."""

SLATE_WITHIN = 300 * TICKS_PER_SECOND
"""A slow and busy machine makes the slate in less; until then nothing is wrong."""

PACKAGING_FAILURES = 3
PACKAGING_MEMORY = 600 * TICKS_PER_SECOND
PACKAGING_WAIT_SECONDS = 120.0
"""Longer than it takes to bring those to the air that came before, unless something is wrong or too much."""

_NO_SLATE = ("slate_failed", "packaging_waits_for_disk_space")
_PACKAGING = ("packaging_failed", "packaging_crashed", "package_failed", "rendition_given_up")


async def database(database: Database, channels: Shown) -> Finding:
    """Ask the database anything, and see that what others change in it is shown."""
    async with database.read() as connection:
        await connection.execute(text("SELECT 1"))
    if (behind := channels.seconds_behind()) > BEHIND_SECONDS:
        return Finding(
            "failing",
            f"For {span(behind)} it could not be seen whether channels have changed, so edits may not show.",
            "Check that the data folder exists, has free space and is on a local disk.",
        )
    return Finding("ok", "OK.")


async def disk(folder: DataFolder, min_free_bytes: int) -> Finding:
    """Compare the room for uploads with what is to stay free. Raises NotReady where the folder is gone."""
    free = await asyncio.to_thread(folder.free_bytes)
    if free < min_free_bytes:
        return Finding(
            "degraded",
            f"{_size(free)} free; uploads and encoding wait until {_size(min_free_bytes)} are free.",
            "Delete videos you no longer need, or move the data folder to a larger disk.",
        )
    return Finding("ok", f"{_size(free)} free.")


async def ffmpeg(ffmpeg: FFmpeg) -> Finding:
    """See that FFmpeg is where it was."""
    if shutil.which(ffmpeg.path) is None:
        return Finding(
            "degraded",
            f"{ffmpeg.path} is gone: channels keep playing, but no video can be encoded.",
            "Install it again, or choose another with the setting `ffmpeg`; `insta-stream doctor` checks it.",
        )
    return Finding("ok", f"Version {ffmpeg.version}.")


async def stored_channels(channels: Shown) -> Finding:
    """See that every channel could be read."""
    if broken := channels.broken():
        names = ", ".join(f"“{channel.title}”" for channel in broken[:MOST_NAMES])
        more = f" and {len(broken) - MOST_NAMES} more" if len(broken) > MOST_NAMES else ""
        return Finding("degraded", f"Broken: {names}{more}. {broken[0].broken}", REMEDY)
    return Finding("ok", "OK.")


async def slate(library: Library, channels: Shown, troubles: Troubles, clock: Clock, began: Ticks) -> Finding:
    """See that something can air when nothing else can. began: when the server started to make it."""
    if library.slate(caps(channels.get(MAIN).rungs)) is not None:
        return Finding("ok", "Ready.")
    if failure := next((each for each in troubles.recent() if each.code in _NO_SLATE), None):
        return Finding("failing", failure.message, failure.remedy)
    if clock.now() - began > SLATE_WITHIN:
        return Finding(
            "failing",
            f"Still being created, after more than {SLATE_WITHIN // TICKS_PER_SECOND // 60} minutes.",
            "See the recent problems and the log; `insta-stream doctor` tries FFmpeg.",
        )
    return Finding("starting", "Being created: at the first start this takes some seconds.")


async def clock(clock: Clock) -> Finding:
    """Compare the server's clock with the machine's."""
    drift = clock.drift_seconds()
    if drift < -FAR_SECONDS:
        return Finding(
            "degraded",
            f"The server's clock is {span(drift)} ahead of the machine's, so every date is wrong. It never "
            f"goes back; catching up takes {span(drift * SLEW)}.",
            ADVICE["clock_far_ahead"].remedy,
        )
    if drift > FAR_SECONDS:
        return Finding(
            "degraded",
            f"The machine's clock was changed: it is {span(drift)} ahead of the server's, which follows "
            f"without a jump within {span(drift * SLEW)}.",
            "If the machine's clock is right, restart the server: it then uses that time immediately. If "
            "it is wrong, set it before the next start: the server's clock never goes back.",
        )
    if abs(drift) > CLOCK_OFF_SECONDS:
        return Finding(
            "degraded",
            f"The machine's clock was changed: it is {drift:+.1f} s off the server's, which follows without "
            "a jump.",
            "No action needed. Check that a time service (NTP) is running.",
        )
    return Finding("ok", "In sync.")


async def packaging(troubles: Troubles, clock: Clock, waits: Callable[[], Sequence[float]]) -> Finding:
    """See whether packaging fails again and again, or keeps somebody waiting.

    waits: returns for how many seconds each video has waited that cannot air yet, the longest first.
    """
    oldest = clock.now() - PACKAGING_MEMORY
    failures = [each for each in troubles.recent() if each.code in _PACKAGING and each.at >= oldest]
    if sum(each.count for each in failures) >= PACKAGING_FAILURES:
        return Finding("degraded", f"It keeps failing. {failures[0].message}", failures[0].remedy)
    if (waiting := waits()) and waiting[0] > PACKAGING_WAIT_SECONDS:
        who = "1 video has been waiting" if len(waiting) == 1 else f"{len(waiting)} videos have been waiting"
        return Finding(
            "degraded",
            f"{who} to be encoded, for up to {waiting[0] / 60:.0f} minutes.",
            "Wait, or cancel the encoding of another video in the library; more processors help.",
        )
    return Finding("ok", "No errors.")


async def audit(audit_log: AuditLog) -> Finding:
    """See that the audit log takes entries."""
    if not audit_log.fault:
        return Finding("ok", "OK.")
    lost = f"; {audit_log.lost} are lost, and in the server's log only" if audit_log.lost else ""
    return Finding(
        "degraded",
        f"{audit_log.waiting} changes could not be written to the activity log yet{lost}. {audit_log.fault}",
        ADVICE["audit_not_written"].remedy,
    )


async def duties(duties: Duties) -> Finding:
    """See that every background task lives, and has for a while."""
    if ailing := duties.ailing():
        return Finding(
            "degraded",
            f"Stopped unexpectedly: {', '.join(ailing)}.",
            ADVICE["duty_died"].remedy,
        )
    return Finding("ok", "All are running.")


def _size(size_bytes: int) -> str:
    return ByteSize(size_bytes).human_readable(decimal=True, separator=" ")

"""Inspection of an uploaded file, in a child process with limits, so that no file can harm the server."""

import asyncio
import json
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import structlog

from insta_stream.errors import InstaStreamError, NotAVideo, NotReady
from insta_stream.media import stored
from insta_stream.media.memory import GIB
from insta_stream.media.model import Inspection
from insta_stream.media.process import Limits, ProcessFailed, run

log = structlog.get_logger()

_MEMORY_BYTES = 3 * GIB
_CPU_SECONDS = 60
_CPU_BYTES_PER_SECOND = 20_000_000
"""Slowest allowed reading, in processor time; reading is hundreds of times faster."""

_STALL_SECONDS = 45.0
_WALL_SECONDS = 6 * 3600.0

_CRASHES = (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGTRAP)
"""What a process does to itself. Other signals come from outside, as when the machine runs out of memory."""


def ignore_progress(_fraction: float) -> None:
    """Take no notice of progress."""


async def inspect(
    path: Path, *, limits: Limits | None = None, on_progress: Callable[[float], None] = ignore_progress
) -> Inspection:
    """Read the whole file once and return what is in it.

    on_progress: is given the part read so far, 0 to 1, a few times a second. Raises NotAVideo with a sentence
    for a person and a stable code. Where the fault is not the file's: NotReady when the child was killed from
    outside, ProcessFailed when it cannot be started or ends by itself without an answer; OSError where there
    is no file. What may have been bad luck is tried once more.
    """
    size = (await asyncio.to_thread(path.stat)).st_size
    read = partial(_read, path, size, limits or _limits(size), on_progress)
    try:
        try:
            return await read()
        except ProcessFailed as error:
            if not _may_be_bad_luck(error):
                raise
            log.warning("inspection_repeated", reason=error.message)
            return await read()
    except ProcessFailed as error:
        if verdict := _verdict(error):
            raise verdict from error
        raise


async def _read(path: Path, size: int, limits: Limits, on_progress: Callable[[float], None]) -> Inspection:
    """Read the file in a child. Raises NotAVideo where it answers so, ProcessFailed where it does not."""
    answer: dict[str, object] = {}

    def on_line(line: str) -> bool:
        value = json.loads(line)
        if isinstance(value, dict):
            answer.update(value)
        elif size:
            on_progress(min(1.0, value / size))
        return True

    await run(_program(path), limits=limits, on_line=on_line)
    match answer:
        case {"inspection": str(text)}:
            return stored.load_inspection(text)
        case {"refusal": {"code": str(code), "message": str(message)}}:
            raise NotAVideo(message, code=code)
    raise ProcessFailed("exit", 0, "")


def _may_be_bad_luck(error: ProcessFailed) -> bool:
    """Say whether another try may end otherwise: what took hours, or all its processor time, would again."""
    return error.reason == "stalled" or (error.reason == "killed" and not _is_signal(error, signal.SIGXCPU))


def _verdict(error: ProcessFailed) -> InstaStreamError | None:
    """Return what to tell of a file of which nothing could be learnt; None where it has no part in that."""
    if error.reason in {"stalled", "timed_out"} or _is_signal(error, signal.SIGXCPU):
        return NotAVideo("This file cannot be read: inspecting it took too long.", code="unreadable")
    if _is_signal(error, *_CRASHES):
        return NotAVideo(
            "This server cannot read this file: inspecting it crashed. Save it in another format, such "
            "as MP4, and upload that.",
            code="unreadable",
        )
    if error.reason == "killed":
        return NotReady(
            "The inspection of this file was killed, probably because the machine ran out of memory. Try "
            "again."
        )
    return None


def _is_signal(error: ProcessFailed, *signals: signal.Signals) -> bool:
    return error.reason == "killed" and -(error.status or 0) in signals


def _program(path: Path) -> tuple[str, ...]:
    return (sys.executable, "-I", "-m", "insta_stream.media.probe", str(path.absolute()))


def _limits(size: int) -> Limits:
    return Limits(
        wall_seconds=_WALL_SECONDS,
        stall_seconds=_STALL_SECONDS,
        memory_bytes=_MEMORY_BYTES,
        file_bytes=0,
        cpu_seconds=_CPU_SECONDS + size // _CPU_BYTES_PER_SECOND,
        open_files=32,
        nice=5,  # somebody is waiting for the answer
    )

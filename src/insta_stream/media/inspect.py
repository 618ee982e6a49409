"""Inspection of an uploaded file, in a child process with limits, so that no file can harm the server."""

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path

from insta_stream.errors import NotAVideo
from insta_stream.media import stored
from insta_stream.media.model import Inspection
from insta_stream.media.process import GIB, Limits, ProcessFailed, run

_MEMORY_BYTES = 3 * GIB
_CPU_SECONDS = 60
_CPU_BYTES_PER_SECOND = 20_000_000
"""Slowest allowed reading, in processor time; reading is hundreds of times faster."""

_STALL_SECONDS = 45.0
_WALL_SECONDS = 6 * 3600.0

_REASONS = {
    "stalled": "reading it does not come to an end",
    "timed_out": "reading it does not come to an end",
    "killed": "reading it fails",
}


def ignore_progress(_fraction: float) -> None:
    """Take no notice of progress."""


async def inspect(
    path: Path, *, limits: Limits | None = None, on_progress: Callable[[float], None] = ignore_progress
) -> Inspection:
    """Read the whole file once and return what is in it.

    on_progress: is given the part read so far, 0 to 1, a few times a second. Raises NotAVideo with a sentence
    for a person and a stable code; ProcessFailed where the fault is not the file's (no child process can be
    started, or it ends by itself without an answer); OSError where there is no file.
    """
    size = (await asyncio.to_thread(path.stat)).st_size
    answer: dict[str, object] = {}

    def on_line(line: str) -> bool:
        value = json.loads(line)
        if isinstance(value, dict):
            answer.update(value)
        elif size:
            on_progress(min(1.0, value / size))
        return True

    try:
        await run(_program(path), limits=limits or _limits(size), on_line=on_line)
    except ProcessFailed as error:
        if error.reason not in _REASONS:
            raise
        raise NotAVideo(
            f"This file is damaged and cannot be read: {_REASONS[error.reason]}.", code="unreadable"
        ) from error
    match answer:
        case {"inspection": str(text)}:
            return stored.load_inspection(text)
        case {"refusal": {"code": str(code), "message": str(message)}}:
            raise NotAVideo(message, code=code)
    raise NotAVideo("This file is damaged and cannot be read: reading it fails.", code="unreadable")


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

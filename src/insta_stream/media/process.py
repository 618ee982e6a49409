"""Supervised child processes: bounded in time, memory and output, and never left behind.

A child is started through `guardian.py`, in a session of its own (so that its whole process group can be
ended), with /dev/null as input, an almost empty environment, no inherited files, no network where the kernel
permits, and dies with us. Start children from the thread that runs the event loop: on Linux the death signal
is tied to the thread that forked.
"""

import asyncio
import json
import os
import re
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process, SubprocessStreamProtocol
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from insta_stream.errors import PackagingFailed
from insta_stream.media import guardian
from insta_stream.media.memory import GIB, affordable

GUARDIAN = (sys.executable, "-I", "-S", guardian.__file__)
NEEDS_GUARD = sys.platform != "linux"

_CONTEXT = re.compile(r"\[[^\[\]]* @ 0x[0-9a-f]+\] ?")
_EMPTY = re.compile(r"\s*(?:Last message repeated .*|Conversion failed!)?$")
"""What tells nothing: FFmpeg's last word is that it failed, and why comes before that."""

_PATH = re.compile(r"(?<![\w.)])/(?:[^:'\"]*/)?[^\s/:'\"]+")
"""Folders may have spaces; a slash behind a letter or digit is none's (Input/output error, 30000/1001)."""

_STDERR_BYTES = 8192
_STDERR_LINES = 20
_LINE_BYTES = 16 << 20
_ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LC_ALL": "C.UTF-8",
    # glibc reserves 64 MiB of address space for each thread's arena; the memory limit counts address space.
    "MALLOC_ARENA_MAX": "2",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What a child may use.

    wall_seconds: its whole life. stall_seconds: time without a line that shows progress. memory_bytes: of
    address space, less where the machine has not enough. file_bytes: size of one written file. grace_seconds:
    between SIGTERM and SIGKILL.
    """

    wall_seconds: float = 60.0
    stall_seconds: float = 60.0
    memory_bytes: int = 8 * GIB
    file_bytes: int = 1 * GIB
    cpu_seconds: int = 24 * 3600
    open_files: int = 256
    nice: int = 10
    grace_seconds: float = 2.0


class ProcessFailed(PackagingFailed):
    """A child process did not do its work.

    reason: "exit" (status is not 0), "killed" (by signal -status), "stalled", "timed_out" or "cannot_start".
    status: as the operating system gave it, None where we ended the child. stderr: its last lines.
    """

    def __init__(self, reason: str, status: int | None, stderr: str) -> None:
        self.reason = reason
        self.status = status
        self.stderr = stderr
        super().__init__(_sentence(reason, status, stderr))


def _sentence(reason: str, status: int | None, stderr: str) -> str:
    what = {
        "exit": f"The process ended with status {status}",
        "killed": f"The process was killed by {_signal_name(status)}",
        "stalled": "The process made no progress and was stopped",
        "timed_out": "The process took too long and was stopped",
        "cannot_start": "The process could not be started",
    }[reason]
    last = stderr if reason == "cannot_start" else _remark(stderr)
    return f"{what}: {last}." if last else f"{what}."


def _remark(stderr: str) -> str:
    """Return the last that a program said, without addresses in its memory and paths, for people."""
    lines = [line for line in stderr.splitlines() if not _EMPTY.match(line)]
    last = _CONTEXT.sub("", lines[-1]) if lines else ""
    return _PATH.sub("the file", last).strip().rstrip(".")


def _signal_name(status: int | None) -> str:
    try:
        return signal.Signals(-(status or 0)).name
    except ValueError:
        return f"signal {-(status or 0)}"


def ignore_line(_line: str) -> bool:
    """Take no notice of a line of output, but count it as progress."""
    return True


async def run(
    program: Sequence[str],
    *,
    limits: Limits,
    on_line: Callable[[str], bool] = ignore_line,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    stays: bool = NEEDS_GUARD,
) -> str:
    """Run `program` (absolute path first) to its end; return the last lines of its standard error.

    on_line: is given each line of its standard output and says whether the line shows progress. An exception
    it raises ends the child and is passed on. Raises ProcessFailed. Cancelling ends the whole process group
    and waits for it.
    """
    process = await _start(
        json.dumps(_terms(limits, stays=stays)),
        *program,
        environment=_ENVIRONMENT | dict(environment or {}),
        folder=folder,
        stays=stays,
    )
    assert process.stderr is not None
    tail = asyncio.create_task(_read_tail(process.stderr))
    reason = ""
    try:
        wall, stall = asyncio.timeout(limits.wall_seconds), asyncio.timeout(limits.stall_seconds)
        try:
            async with wall, stall:
                await _follow(process, on_line, stall, limits.stall_seconds)
                await process.wait()
        except TimeoutError:
            if not (wall.expired() or stall.expired()):
                raise
            reason = "timed_out" if wall.expired() else "stalled"
    finally:
        await _end_group(process, limits.grace_seconds)
        stderr = await tail
    if reason:
        raise ProcessFailed(reason, None, stderr)
    status = process.returncode
    if status == guardian.CANNOT_START:
        raise ProcessFailed("cannot_start", status, stderr)
    if status:
        raise ProcessFailed("killed" if status < 0 else "exit", status, stderr)
    return stderr


class _Leader(SubprocessStreamProtocol):
    """Ends what is left of the process group as soon as its leader has ended.

    Its descendants hold its output open, and asyncio waits for that rather than for the process alone.
    """

    _pid: int

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transport is none by class, only by shape.
        self._pid = cast(asyncio.SubprocessTransport, transport).get_pid()
        super().connection_made(transport)

    def process_exited(self) -> None:
        _signal_group(self._pid, signal.SIGKILL)
        super().process_exited()


async def _start(
    *arguments: str, environment: Mapping[str, str], folder: Path | None, stays: bool
) -> Process:
    """Start the guardian; the same as `create_subprocess_exec`, with a protocol of our own."""
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.subprocess_exec(
        lambda: _Leader(limit=_LINE_BYTES, loop=loop),
        *GUARDIAN,
        *arguments,
        stdin=PIPE if stays else DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
        start_new_session=True,
        env=environment,
        cwd=folder,
    )
    return Process(transport, protocol, loop)


def _terms(limits: Limits, *, stays: bool) -> guardian.Terms:
    return guardian.Terms(
        parent=os.getpid(),
        nice=limits.nice,
        stays=stays,
        limits={
            "AS": affordable(limits.memory_bytes),
            "FSIZE": limits.file_bytes,
            "CPU": limits.cpu_seconds,
            "NOFILE": limits.open_files,
            "CORE": 0,
        },
    )


async def _follow(
    process: Process,
    on_line: Callable[[str], bool],
    stall: asyncio.Timeout,
    stall_seconds: float,
) -> None:
    loop = asyncio.get_running_loop()
    assert process.stdout is not None
    while line := await process.stdout.readline():
        if on_line(line.decode(errors="replace").rstrip("\n")):
            stall.reschedule(loop.time() + stall_seconds)


async def _read_tail(stderr: asyncio.StreamReader) -> str:
    """Read to the end, however much it is, and keep the last lines only."""
    tail = b""
    while piece := await stderr.read(1 << 16):
        tail = (tail + piece)[-_STDERR_BYTES:]
    lines = tail.decode(errors="replace").strip().splitlines()
    return "\n".join(lines[-_STDERR_LINES:])


async def _end_group(process: Process, grace_seconds: float) -> None:
    """End what is left of the child's process group: SIGTERM, a bounded wait, SIGKILL."""
    try:
        if process.returncode is None and _signal_group(process.pid, signal.SIGTERM):
            async with asyncio.timeout(grace_seconds):
                await process.wait()
    except TimeoutError:
        pass  # it had its chance; the group is killed below
    finally:
        _signal_group(process.pid, signal.SIGKILL)
    await process.wait()


def _signal_group(group: int, number: signal.Signals) -> bool:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):  # macOS says EPERM for a group of zombies
        return False
    return True


async def sandbox() -> Mapping[str, bool]:
    """Return what this machine lets us impose on children, for `doctor`; tried in a child, once per call."""
    process = await asyncio.create_subprocess_exec(*GUARDIAN, stdin=DEVNULL, stdout=PIPE)
    output, _ = await process.communicate()
    facts: dict[str, bool] = json.loads(output)
    return facts

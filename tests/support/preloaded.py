"""Commands of a test run, forked from a process that has loaded what they need.

    python -m tests.support.preloaded SOCKET

is that process. To load everything takes seconds of processor, some hundred times in a run. What is forked
reads its command line, environment and settings as ever; only modules are there already, as in the server's
own worker. Those of the command line itself are not: they ask for the terminal's width while they are loaded.

What the FFmpeg that comes with Insta-Stream says of itself is known there too: each server asks it five times
before it begins, which costs more than all else that it does then. Others, such as bad ones, are asked. And
passwords are hashed with as little work as can be.

In a deep run, and anywhere but on Linux, commands begin with nothing, and so do those that have variables of
their own for Python.
"""

import asyncio
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Protocol

from tests.support.builds import BUNDLED
from tests.support.depth import DEEP

from insta_stream.access import passwords
from insta_stream.media import ffmpeg

ROOT = Path(__file__).resolve().parents[2]
MODULES = ("insta_stream.app.server", "httpx", "httpcore", "rich.progress", "rich.table", "typer")
LONGEST = 200_000
"""Bytes of a request: a command line and the environment."""


class Process(Protocol):
    """A process, as `subprocess.Popen` has it."""

    @property
    def pid(self) -> int: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, sig: int, /) -> None: ...
    def terminate(self) -> None: ...
    def kill(self) -> None: ...


class Forked:
    """A process that another one has forked for us. ending: where its exit status comes."""

    def __init__(self, arguments: Sequence[str], ending: socket.socket) -> None:
        self.pid = int(ending.recv(16))
        self._arguments = arguments
        self._ending = ending
        self._status: int | None = None

    def poll(self) -> int | None:
        with suppress(subprocess.TimeoutExpired):
            return self.wait(0)
        return None

    def wait(self, timeout: float | None = None) -> int:
        if self._status is None:
            if not select.select([self._ending], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(self._arguments, timeout or 0)
            self._status = int(self._ending.recv(16))
            self._ending.close()
        return self._status

    def send_signal(self, sig: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, sig)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class Source:
    """The process that forks, started when it is first asked."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: socket.socket | None = None
        self.process: subprocess.Popen[bytes] | None = None

    def fork(self, arguments: Sequence[str], env: Mapping[str, str], out: int, err: int) -> Forked:
        """Let it become a command; `out` and `err` are where that writes."""
        with self._lock:
            if self._requests is None:
                self._requests = self._start()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            request = json.dumps([arguments, dict(env), str(Path.cwd())]).encode()
            socket.send_fds(self._requests, [request], [theirs.fileno(), out, err])
        return Forked(arguments, ours)

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            theirs.set_inheritable(True)
            command = [sys.executable, "-m", __name__, str(theirs.fileno())]
            self.process = subprocess.Popen(
                command, cwd=ROOT, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL
            )
        return ours

    def close(self) -> None:
        """End it; what it has forked goes on."""
        if self._requests is not None and self.process is not None:
            self._requests.close()
            self.process.wait()


_sources: list[Source] = []


@contextmanager
def source() -> Iterator[None]:
    """Let commands be forked meanwhile."""
    if DEEP or sys.platform != "linux":
        yield
        return
    _sources.append(Source())
    try:
        yield
    finally:
        _sources.pop().close()


def source_process() -> int | None:
    """Return the process that commands are forked from, where there is one."""
    process = _sources[0].process if _sources else None
    return None if process is None else process.pid


def start(
    arguments: Sequence[str],
    env: Mapping[str, str],
    out: int,
    err: int,
    prefix: Sequence[str] | None = None,
) -> Process:
    """Start `insta-stream`, forked where it may be.

    out, err: where it writes. prefix: a command that becomes it; `()` for none. None: it may be forked.
    """
    if prefix is None and _sources and _for_python(env) == _for_python(os.environ):
        return _sources[0].fork(arguments, env, out, err)
    command = [*(prefix or ()), sys.executable, "-m", "insta_stream", *arguments]
    return subprocess.Popen(command, env=env, stdout=out, stderr=err)


def _for_python(env: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if name.startswith("PYTHON")}


def _next_command(requests: socket.socket) -> list[str] | None:
    """Fork for each request, and tell how what was forked has ended. Return only in what was forked, with its
    arguments; and where nobody asks any more, None.
    """
    endings: dict[int, tuple[int, int]] = {}
    while True:
        ready, _, _ = select.select([requests.fileno(), *endings], [], [])
        for ended in endings.keys() & set(ready):
            pid, teller = endings.pop(ended)
            status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            with suppress(OSError):  # whoever asked has ended
                os.write(teller, str(status).encode())
            os.close(teller)
            os.close(ended)
        if requests.fileno() in ready:
            request, files, _, _ = socket.recv_fds(requests, LONGEST, 3)
            if not request:
                return None
            pid = os.fork()
            if not pid:
                requests.detach()
                return _become(request, *files)
            teller, *others = files
            os.write(teller, str(pid).encode())
            endings[os.pidfd_open(pid)] = pid, teller
            for file in others:
                os.close(file)


def _become(request: bytes, _teller: int, out: int, err: int) -> list[str]:
    """Take on what a command begins with; return its arguments."""
    arguments, env, folder = json.loads(request)
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    os.environ.clear()
    os.environ.update(env)
    os.chdir(folder)
    time.tzset()
    return list(arguments)


def _ask_ffmpeg() -> None:
    """Ask it once, and let what is forked know the answers."""
    ask = ffmpeg._output
    questions = (
        ("-version",),
        ("-hide_banner", "-L"),
        *(("-hide_banner", option) for option in ffmpeg.NEEDED),
    )

    async def ask_all() -> list[str]:
        return [await ask(BUNDLED, *question) for question in questions]

    answers = dict(zip(questions, asyncio.run(ask_all()), strict=True))

    async def answer(path: Path, *question: str) -> str:
        return answers[question] if path == BUNDLED else await ask(path, *question)

    vars(ffmpeg)["_output"] = answer


def main(requests: socket.socket) -> None:
    """Load everything, and become whatever is asked for."""
    for module in MODULES:
        import_module(module)
    _ask_ffmpeg()
    vars(passwords).update(_PASSES=1, _MEMORY_KIB=8)
    gc.collect()
    gc.freeze()
    arguments = _next_command(requests)
    if arguments is not None:
        sys.argv[1:] = arguments
        import_module("insta_stream.cli").main()


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))

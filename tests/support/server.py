"""A real server for tests: `insta-stream serve` in a process, on a port and in a data folder of its own."""

import os
import secrets
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
from tests.support import preloaded
from tests.support.preloaded import Process
from tests.support.seeds import plant

WORKERS = os.environ.get("INSTA_STREAM_TEST_WORKERS", "1")
"""How many workers the servers of tests have, unless a test says so. Each costs half a second of processor;
hundreds of servers are started, on machines with any number of cores: INSTA_STREAM_TEST_WORKERS=2 tries all
tests with two.
"""

STARTS_WITHIN = 60
STOPS_WITHIN = 20

PORTS = range(20_000, 30_000)
"""Systems give none of these to whoever asks for any port: one stays free until a server has started on it,
and while that server starts anew.
"""


def free_port() -> int:
    """Return a port that nobody listens on."""
    while True:
        port = secrets.choice(PORTS)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server that answers. url: without a slash at the end."""

    url: str
    data: Path
    process: Process
    log: Path

    def stop(self) -> int:
        """Ask it to end, as ctrl-C or a service manager does; return its exit status."""
        self.process.terminate()
        return self.process.wait(STOPS_WITHIN)

    def workers(self) -> list[int]:
        """Return the processes that answer (Linux only)."""
        pid = self.process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def kill(self) -> None:
        """End it without a word, as a power failure does: first the supervisor, which would start others."""
        workers = self.workers()
        self.process.kill()
        for worker in workers:
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
        self.process.wait()


@contextmanager
def running(
    data: Path,
    *flags: str,
    port: int | None = None,
    prefix: Sequence[str] | None = None,
    env: Mapping[str, str] | None = None,
    is_first: bool = False,
    trust: ssl.SSLContext | None = None,
) -> Iterator[RunningServer]:
    """Start a server, give it once it is healthy, and stop it; show its log when it does not start.

    prefix: a command that becomes the server, after it has changed what that finds; `()` for none. None: it
    may be forked where its modules are loaded already. env: more variables. is_first: it must make everything
    itself, the slate too. trust: in its certificate, where it has one.
    """
    if not is_first:
        plant(data, flags[flags.index("--rungs") + 1] if "--rungs" in flags else "")
    port = port or free_port()
    log = data.with_name(f"{data.name}-{port}.log")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("INSTA_STREAM_")}
    arguments = ["serve", "--port", str(port), "--data", str(data), *flags]
    with log.open("ab") as sink:
        env = {**clean, "INSTA_STREAM_WORKERS": WORKERS, **(env or {})}
        process = preloaded.start(arguments, env, sink.fileno(), sink.fileno(), prefix)
    server = RunningServer(f"{'https' if trust else 'http'}://127.0.0.1:{port}", data, process, log)
    try:
        _await_health(server, trust)
        yield server
    finally:
        if process.poll() is None:
            try:
                server.stop()
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise


def _await_health(server: RunningServer, trust: ssl.SSLContext | None) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while not _is_healthy(server.url, trust):
        if server.process.poll() is not None or time.monotonic() > deadline:
            raise AssertionError(f"the server did not start:\n{server.log.read_text()}")
        time.sleep(0.05)


def _is_healthy(url: str, trust: ssl.SSLContext | None) -> bool:
    try:
        return httpx.get(f"{url}/health", timeout=2, verify=trust or True).is_success
    except httpx.TransportError:
        return False

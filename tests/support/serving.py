"""Runs a real server for a test, set up by its environment, on a free port of the loopback interface."""

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import httpx
from tests.support import preloaded
from tests.support.preloaded import Process
from tests.support.seeds import plant
from tests.support.server import WORKERS, free_port
from tests.support.waiting import eventually

T = TypeVar("T")


def launch(env: Mapping[str, str], port: int) -> Process:
    """Start a server; the caller ends it."""
    plant(Path(env["INSTA_STREAM_DATA"]), env.get("INSTA_STREAM_RUNGS", ""))
    env = {**os.environ, "INSTA_STREAM_WORKERS": WORKERS, **env}
    return preloaded.start(["serve", "--port", str(port)], env, out=1, err=2)


def await_answer(base: str, process: Process) -> None:
    """Return as soon as the server answers anything."""

    def answers() -> bool:
        try:
            httpx.get(f"{base}/health", timeout=5)
        except httpx.TransportError:
            status = process.poll()
            assert status is None, f"the server ended with status {status}"
            return False
        return True

    eventually(answers)


@contextmanager
def serving(env: Mapping[str, str]) -> Iterator[str]:
    """Run a server and give its base URL; stop it by its process id."""
    port = free_port()
    process = launch(env, port)
    try:
        await_answer(f"http://127.0.0.1:{port}", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)

"""Several workers on one socket and one folder, any of which may go; and one that answers nobody."""

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import httpx
import pytest
from tests.support import preloaded
from tests.support.clips import make_clips
from tests.support.command import insta_stream
from tests.support.processes import is_running
from tests.support.server import RunningServer, running
from tests.support.waiting import eventually

FEW = ("--rungs", "240p", "--min-free-bytes", "0")
PATHS = ("/health", "/stream/stream.m3u8", "/api/channels")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    """One with two workers, whose channel shows its slate."""
    with running(tmp_path / "data", *FEW, "--workers", "2") as server:
        eventually(lambda: len(server.workers()) == 2)
        assert httpx.post(f"{server.url}/api/stream/start").is_success
        yield server


class Asker:
    """Asks on and on, over one connection until the server ends that. failures: what was no answer."""

    def __init__(self, url: str) -> None:
        self._host = url.removeprefix("http://")
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._ask)
        self.failures: list[str] = []
        self.answers = 0

    def _ask(self) -> None:
        with closing(HTTPConnection(self._host, timeout=60)) as connection:
            while not self._is_over.is_set():
                for path in PATHS:
                    try:
                        connection.request("GET", path)
                        reply = connection.getresponse()
                        reply.read()
                    except (OSError, HTTPException) as error:
                        self.failures.append(f"{path}: {error!r}")
                        connection.close()
                    else:
                        self.answers += 1
                        self.failures += [f"{path}: {reply.status}"] if reply.status != 200 else []

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._is_over.set()
        self._thread.join()


@contextmanager
def asking(url: str, count: int) -> Iterator[list[Asker]]:
    """Let so many clients ask meanwhile."""
    askers = [Asker(url) for _ in range(count)]
    for each in askers:
        each.start()
    try:
        yield askers
    finally:
        for each in askers:
            each.stop()


def test_workers_are_replaced_one_after_the_other_and_no_request_fails(server: RunningServer) -> None:
    before = set(server.workers())
    with asking(server.url, 4) as askers:
        for _ in range(2):
            old = set(server.workers())
            server.process.send_signal(signal.SIGHUP)
            eventually(lambda old=old: not old & set(server.workers()))
        answered = [each.answers for each in askers]
        eventually(lambda: all(each.answers > count for each, count in zip(askers, answered, strict=True)))
    assert [each.failures for each in askers] == [[]] * 4
    eventually(lambda: len(server.workers()) == 2)
    assert not before & set(server.workers())


def test_where_one_of_two_is_killed_the_other_one_answers(server: RunningServer) -> None:
    first, second = server.workers()
    os.kill(first, signal.SIGKILL)
    assert httpx.get(f"{server.url}/health").is_success
    eventually(lambda: len(server.workers()) == 2 and first not in server.workers())
    assert second in server.workers()
    assert server.log.read_text().count('"ready"') == 1


def test_all_end_when_the_server_is_told_to(server: RunningServer) -> None:
    workers = server.workers()
    assert server.stop() == 0
    assert not any(map(is_running, workers))


def test_all_end_when_the_server_is_killed(server: RunningServer) -> None:
    workers = server.workers()
    server.process.kill()
    server.process.wait()
    eventually(lambda: not any(map(is_running, workers)))
    with running(server.data, *FEW, "--workers", "2"):  # nobody has the folder any more
        pass


def test_the_first_admin_is_invited_once(tmp_path: Path) -> None:
    with running(tmp_path / "data", *FEW, "--workers", "2", "--host", "0.0.0.0") as server:
        first = eventually(lambda: server.workers() if len(server.workers()) == 2 else None)
        server.process.send_signal(signal.SIGHUP)
        eventually(lambda: not set(first) & set(server.workers()))
        assert server.log.read_text().count('"set_up"') == 1


@contextmanager
def working(data: Path) -> Iterator[preloaded.Process]:
    """Run `insta-stream work` on a data folder; it ends well when it is told to."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("INSTA_STREAM_")}
    log = data.with_name("work.log")
    with log.open("wb") as sink:
        arguments = ["work", "--data", str(data), *FEW]
        process = preloaded.start(arguments, clean, sink.fileno(), sink.fileno())
    try:
        eventually(lambda: "standing_by" in log.read_text())
        yield process
    finally:
        process.terminate()
        assert process.wait(20) == 0


def states(server: RunningServer) -> list[str]:
    return [video["state"] for video in httpx.get(f"{server.url}/api/videos").json()["data"]]


def upload(server: RunningServer, content: bytes) -> httpx.Response:
    return httpx.post(f"{server.url}/api/upload", files={"video": ("a.mp4", content)}, timeout=60)


def test_one_answers_and_another_one_works(shared: Path, tmp_path: Path) -> None:
    data, (clip,) = tmp_path / "data", make_clips(shared, seconds=1, count=1)
    with running(data, *FEW, "--no-work") as server, ThreadPoolExecutor() as pool:
        uploading = pool.submit(upload, server, clip.read_bytes())
        eventually(lambda: states(server) == ["inspecting"])
        with working(data):
            assert uploading.result().is_success
            kept = set((data / "uploads").iterdir())
            refusal = upload(server, b"Dear Anna")
            assert (refusal.status_code, refusal.json()["code"]) == (415, "text")
            assert set((data / "uploads").iterdir()) == kept
            eventually(lambda: states(server) == ["ready"])
            refused = insta_stream("work", "--data", str(data))
            assert (refused.returncode, "is using the folder" in refused.stderr) == (1, True)
        with working(data):  # it has left nothing behind that keeps out the next one
            pass


def test_what_the_one_that_works_finds_is_told_by_the_one_that_answers(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running(data, *FEW, "--no-work") as server:
        (data / "stream" / ("b" * 32)).mkdir()  # of nothing that the database knows
        with working(data):
            eventually(lambda: "unknown_packages" in troubles(server))


def troubles(server: RunningServer) -> list[str]:
    return [each["code"] for each in httpx.get(f"{server.url}/api/health").json()["data"]["errors"]]

"""The server as a process: what is left when it is killed, and what it knows when it comes back."""

import os
import re
import signal
import socket
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx
import pytest
from tests.support.command import insta_stream
from tests.support.depth import DEEP
from tests.support.people import another
from tests.support.preloaded import Process
from tests.support.processes import children, command_line, is_running
from tests.support.server import RunningServer, free_port, running
from tests.support.serving import await_answer, launch
from tests.support.waiting import eventually

from insta_stream.app.server import VIEWING_THREADS
from insta_stream.hls.parse import parse
from insta_stream.hls.playlist import MediaPlaylist
from insta_stream.storage.folder import DataFolder, FolderLock

FEW = {
    "INSTA_STREAM_RUNGS": "240p",
    "INSTA_STREAM_MIN_FREE_BYTES": "1MB",
    "INSTA_STREAM_LOG_FORMAT": "json",
}

TOKEN = "a-token-that-nobody-guesses"


def workers(supervisor: int) -> list[int]:
    """Return the processes that a supervisor started to answer requests, not Python's resource tracker."""
    return [each for each in children(supervisor) if b"resource_tracker" not in command_line(each)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server that stays as it is."""
    data = tmp_path_factory.mktemp("server") / "data"
    with running(data, "--rungs", "240p", "--min-free-bytes", "1MB", "--workers", "1") as server:
        yield server


def start(data: Path) -> tuple[Process, str]:
    port = free_port()
    process = launch({**FEW, "INSTA_STREAM_DATA": str(data)}, port)
    base = f"http://127.0.0.1:{port}"
    await_answer(base, process)
    return process, base


def media_playlist(base: str) -> tuple[str, MediaPlaylist]:
    entry = httpx.get(f"{base}/stream/stream.m3u8").text
    uri = next(line for line in entry.splitlines() if line and not line.startswith("#"))
    path = urljoin("/stream/stream.m3u8", uri)
    playlist = parse(httpx.get(base + path).text)
    assert isinstance(playlist, MediaPlaylist)
    return path, playlist


def test_a_killed_supervisor_takes_its_workers_along_and_the_channel_goes_on(tmp_path: Path) -> None:
    process, base = start(tmp_path)
    try:
        eventually(lambda: httpx.get(f"{base}/health/ready").status_code == 200, 240)
        assert httpx.post(f"{base}/api/stream/start").status_code == 200
        path, before = media_playlist(base)
        those = workers(process.pid)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert those
    eventually(lambda: not any(map(is_running, those)), 30)

    process, base = start(tmp_path)
    try:
        assert httpx.get(f"{base}/api/stream/status").json()["data"]["state"] == "on"
        path_after, after = media_playlist(base)
        assert path_after == path
        assert after.media_sequence >= before.media_sequence
        known = {each.msn: each for each in before.numbered()}
        assert all(known.get(each.msn, each) == each for each in after.numbered())
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0


def test_a_second_server_does_not_touch_a_data_folder_in_use(server: RunningServer) -> None:
    second = insta_stream("serve", "--port", str(free_port()), "--data", str(server.data), **FEW)
    assert second.returncode == 1
    assert "is using the folder" in second.stderr
    assert httpx.get(f"{server.url}/health").status_code == 200


def test_a_server_waits_for_the_one_before_it_to_end(tmp_path: Path) -> None:
    data, port = tmp_path / "data", free_port()
    data.mkdir()
    lock, log = FolderLock(DataFolder.under(data)), tmp_path / f"data-{port}.log"
    lock.take()

    def end_once_waited_for() -> None:
        eventually(lambda: log.exists() and "Waiting for another Insta-Stream" in log.read_text())
        lock.release()

    ending = threading.Thread(target=end_once_waited_for)
    ending.start()
    with running(data, "--rungs", "240p", "--min-free-bytes", "1MB", port=port):
        ending.join()


def test_a_server_does_not_wait_for_ever(tmp_path: Path) -> None:
    lock = FolderLock(DataFolder.under(tmp_path))
    lock.take()
    done = insta_stream("serve", "--data", str(tmp_path), "--port", str(free_port()))
    assert (done.returncode, done.stdout) == (1, "")
    assert f"process {os.getpid()}) is using the folder" in done.stderr
    lock.release()


def make_token(base: str) -> tuple[str, str]:
    """Let a server make an API token; return its secret and its id."""
    wanted, us = {"name": "monitor", "permissions": ["health:read"]}, {"authorization": f"Bearer {TOKEN}"}
    issued = httpx.post(f"{base}/api/tokens", json=wanted, headers=us).json()["data"]
    return issued["secret"], issued["token"]["id"]


async def test_a_server_whose_background_task_dies_says_so_and_goes_on_with_it(tmp_path: Path) -> None:
    """The table of its API tokens is gone for a while, and nobody expects that."""
    flags, env = ("--rungs", "240p", "--min-free-bytes", "1MB"), {"INSTA_STREAM_TOKEN": TOKEN}
    with running(tmp_path / "data", *flags, env=env) as server:

        def ask(path: str, token: str) -> httpx.Response:
            return httpx.get(f"{server.url}{path}", headers={"authorization": f"Bearer {token}"})

        def look() -> dict[str, str]:
            checks = httpx.get(f"{server.url}/health/ready").json()["checks"]
            return next(each for each in checks if each["name"] == "duties")

        secret, id_ = make_token(server.url)
        database = sqlite3.connect(server.data / "insta-stream.db", isolation_level=None)
        async with another(server.data) as beside:
            assert (look()["state"], ask("/api/health", secret).status_code) == ("ok", 200)
            database.execute("ALTER TABLE api_token RENAME TO elsewhere")
            database.execute("UPDATE news SET accounts = accounts + 1")  # or nobody would read it
            found = eventually(lambda: found if (found := look())["state"] == "degraded" else None)
            assert "news of accounts" in found["message"]
            assert found["remedy"]
            troubles = ask("/api/health", TOKEN).json()["data"]["errors"]
            dead = [each["subject"] for each in troubles if each["code"] == "duty_died"]
            assert dead == ["news of accounts"]
            metrics = ask("/metrics", TOKEN).text
            assert float(re.findall(r"^insta_stream_duty_deaths_total (.+)$", metrics, re.MULTILINE)[0]) >= 1

            database.execute("ALTER TABLE elsewhere RENAME TO api_token")
            database.close()
            await beside.tokens.revoke(id_)
            eventually(lambda: ask("/api/health", secret).status_code == 401)
            if DEEP:  # it takes a minute
                eventually(lambda: look()["state"] == "ok")


def test_few_threads_make_the_answers_of_many(server: RunningServer) -> None:
    """Each that computes keeps the event loop, and with it all viewers, from its turn."""
    (worker,) = workers(server.process.pid)
    tasks = Path(f"/proc/{worker}/task")
    httpx.get(f"{server.url}/api/storage")
    before, host = len(list(tasks.iterdir())), urlsplit(server.url)
    clients = [socket.create_connection((str(host.hostname), int(host.port or 0))) for _ in range(50)]
    for client in clients:
        client.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    for client in clients:
        with client, client.makefile("rb") as answer:
            assert answer.read().startswith(b"HTTP/1.1 200")
    assert len(list(tasks.iterdir())) - before < 2 * VIEWING_THREADS

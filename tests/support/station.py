"""A server whose processes are killed, and what must be true of its data folder afterwards."""

import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import httpx
from tests.support import processes
from tests.support.server import RunningServer, free_port, running
from tests.support.waiting import eventually

from insta_stream.hls import mpegts

RUNGS = ("360p", "240p")
FLAGS = ("--rungs", ",".join(RUNGS), "--min-free-bytes", "0")


class Station:
    """A server on a data folder and a port that stay the same however often it ends.

    prefix, env: as `running` takes them. root: where the test finds what the server has at /.
    """

    def __init__(
        self, data: Path, *, prefix: Sequence[str] | None = None, env: Mapping[str, str] | None = None
    ) -> None:
        self.data = data
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._prefix = prefix
        self._env = {"INSTA_STREAM_WORKERS": "1", **(env or {})}
        self._lives = ExitStack()
        self.server: RunningServer | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._lives.close()

    def start(self) -> None:
        """Start the server (again)."""
        life = running(self.data, *FLAGS, port=self.port, prefix=self._prefix, env=self._env)
        self.server = self._lives.enter_context(life)

    @property
    def supervisor(self) -> int:
        """The process that was started."""
        assert self.server is not None
        return self.server.process.pid

    @property
    def worker(self) -> int:
        """The process that answers. Waits while there is none."""
        return eventually(lambda: next(iter(self._workers()), None), 30)

    @property
    def seen(self) -> Path:
        """The data folder as the server sees it, also where it has mounts of its own."""
        return Path(f"/proc/{self.supervisor}/root{self.data}")

    @property
    def log(self) -> str:
        """What the server has said."""
        assert self.server is not None
        return self.server.log.read_text()

    @property
    def workers(self) -> list[int]:
        """The processes that answer now."""
        return self._workers()

    def kill_worker(self) -> None:
        os.kill(self.worker, signal.SIGKILL)

    def kill_supervisor(self) -> None:
        """Kill the process that was started, and wait until its worker has followed."""
        assert self.server is not None
        family = processes.family(self.supervisor) - {self.supervisor}
        self.server.process.kill()
        self.server.process.wait()
        eventually(lambda: not any(map(processes.is_running, family)), 30)

    def children(self, words: str) -> list[int]:
        """Return the processes at work for this server that name these words and its folder."""
        return [pid for pid in processes.naming(words) if os.fsencode(self.data) in processes.about(pid)]

    def orphans(self) -> list[str]:
        """Return the processes that work on the data folder but belong to nobody who runs."""
        lost = [
            pid
            for pid in processes.naming(self.data)
            if not processes.stems_from(pid, self.supervisor) and processes.is_running(pid)
        ]
        return [processes.command_line(pid).replace(b"\0", b" ").decode()[:200] for pid in lost]

    def broken_segments(self) -> list[str]:
        """Return the published segments that are not whole."""
        return [f"{path}: {why}" for path in _segments(self.seen) if (why := _fault(path))]

    def videos(self) -> list[dict[str, Any]]:
        """Return the videos as the API tells them."""
        found: list[dict[str, Any]] = httpx.get(f"{self.url}/api/videos", timeout=30).json()["data"]
        return found

    def playlist(self) -> list[str]:
        """Return the videos of the main playlist, in order."""
        reply = httpx.get(f"{self.url}/api/channels/main/playlist", timeout=30).json()
        return [each["video"]["id"] if "video" in each else each["id"] for each in reply["data"]["playlist"]]

    def _workers(self) -> list[int]:
        found = processes.children(self.supervisor)
        return [pid for pid in found if b"resource_tracker" not in processes.command_line(pid)]


def _segments(data: Path) -> Iterator[Path]:
    return (data / "stream").glob("?" * 32 + "/*/*.ts")


def _fault(path: Path) -> str:
    try:
        return "" if mpegts.read(path.read_bytes()).starts_with_idr else "it does not begin with a picture"
    except mpegts.SegmentError as error:
        return str(error)

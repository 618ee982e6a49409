"""A machine that booted with its clock 400 days ahead: what stays of it, and the way back."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest
from tests.support.clips import make_clips
from tests.support.command import insta_stream, must
from tests.support.seeds import plant
from tests.support.server import RunningServer, running
from tests.support.waiting import eventually

from insta_stream.hls.parse import parse
from insta_stream.hls.playlist import MediaPlaylist, MultivariantPlaylist, Numbered
from insta_stream.ticks import to_datetime

STEPPED = Path(__file__).parents[1] / "support" / "clock_step"

AHEAD = 400 * 86_400
RUNGS = "240p"


@dataclass
class Machine:
    """A machine whose clock can be set. step: the file that says how far it is off, in seconds."""

    data: Path
    step: Path

    def set(self, seconds: int) -> None:
        self.step.write_text(str(seconds))

    @property
    def env(self) -> dict[str, str]:
        path = os.pathsep.join(filter(None, (str(STEPPED), os.environ.get("PYTHONPATH"))))
        return {"PYTHONPATH": path, "CLOCK_STEP": str(self.step)}

    @contextmanager
    def server(self) -> Iterator["Seen"]:
        flags = ("--rungs", RUNGS, "--min-free-bytes", "0", "--log-format", "json")
        with running(self.data, *flags, env=self.env) as server, httpx.Client(timeout=30) as client:
            yield Seen(server, client)

    def command(self, *arguments: str) -> str:
        return must("clock", "--data", str(self.data), *arguments, **self.env)


@dataclass
class Seen:
    """A running server as its clients see it."""

    server: RunningServer
    client: httpx.Client

    def ask(self, path: str, **data: Any) -> Any:
        url = f"{self.server.url}{path}"
        reply = self.client.post(url, json=data) if data else self.client.get(url)
        return reply.raise_for_status().json()["data"]

    def do(self, method: str, path: str, **data: Any) -> None:
        self.client.request(method, f"{self.server.url}{path}", json=data).raise_for_status()

    def address(self, channel: str = "main") -> str:
        """Return the address of a channel's media playlist, once there is one."""
        entry = f"{self.server.url}/stream/{channel}/stream.m3u8"
        playlist = parse(self.client.get(entry).raise_for_status().text)
        assert isinstance(playlist, MultivariantPlaylist)
        return urljoin(entry, playlist.variants[0].uri)

    def segments(self, channel: str = "main") -> list[Numbered]:
        media = parse(self.client.get(self.address(channel)).raise_for_status().text)
        assert isinstance(media, MediaPlaylist)
        return list(media.numbered())

    def edge(self, channel: str = "main") -> datetime:
        """Return the date of the newest segment."""
        newest = self.segments(channel)[-1].segment.date_time
        assert newest is not None
        return to_datetime(newest)

    def playlist(self, channel: str = "main") -> list[str]:
        found = self.ask(f"/api/channels/{channel}/playlist")["playlist"]
        return [each["id"] for each in found]

    def check(self) -> dict[str, Any]:
        """Return what Health says of the clock, once it has looked."""

        def found() -> dict[str, Any] | None:
            checks = self.ask("/api/health")["checks"]
            return next((each for each in checks if each["name"] == "clock"), None)

        return eventually(found)

    def events(self) -> list[str]:
        lines = self.server.log.read_text().splitlines()
        return [json.loads(line)["event"] for line in lines if line.startswith("{")]


@pytest.fixture
def machine(shared: Path, tmp_path: Path) -> Machine:
    data = plant(tmp_path / "data", RUNGS, make_clips(shared, seconds=6))
    machine = Machine(data, tmp_path / "step")
    machine.set(0)
    return machine


def near(text: str, wanted: datetime) -> bool:
    return abs(datetime.fromisoformat(text) - wanted) < timedelta(minutes=5)


def now() -> datetime:
    return datetime.now(UTC)


@pytest.mark.deep
def test_a_folder_whose_clock_went_ahead_comes_back(machine: Machine) -> None:
    with machine.server() as seen:
        videos = [each["id"] for each in seen.ask("/api/videos")]
        seen.do("PUT", "/api/channels/main/playlist", videos=videos)
        seen.do("POST", "/api/stream/start")
        first = seen.address()
        aired = seen.segments()[-1].segment.date_time
    machine.set(AHEAD)
    with machine.server() as seen:
        assert seen.edge() > now() + timedelta(days=399)
        seen.do("POST", "/api/channels", slug="kids", title="Kids")
        seen.do("PUT", "/api/channels/kids/playlist", videos=videos[:1])
        seen.do("POST", "/api/channels/kids/stream/start")
        seen.do("DELETE", f"/api/videos/{videos[1]}")
        playlists = {slug: seen.playlist(slug) for slug in ("main", "kids")}
        high = {slug: seen.segments(slug)[-1] for slug in ("main", "kids")}
    machine.set(0)
    assert "400 days ahead" in machine.command()
    with machine.server() as seen:
        assert seen.edge() > now() + timedelta(days=399)  # without the command it stays so
        assert "clock_far_ahead" in seen.events()
        check = seen.check()
        assert (check["state"], "400 days ahead" in check["message"]) == ("degraded", True)
        assert "insta-stream clock --reset" in check["remedy"]
        assert "400 days ahead" in machine.command()
        refused = insta_stream("clock", "--reset", "--data", str(machine.data), **machine.env)
        assert (refused.returncode, "Stop it first" in refused.stderr) == (1, True)
        later = {slug: seen.segments(slug)[-1] for slug in ("main", "kids")}
        addresses = [first, seen.address("kids")]
    assert all(later[slug].msn >= high[slug].msn for slug in high)
    assert "was set back" in machine.command("--reset")
    assert "is not ahead" in machine.command()
    with machine.server() as seen:
        for slug in ("main", "kids"):
            assert abs(seen.edge(slug) - now()) < timedelta(seconds=60)
            begins = seen.segments(slug)[0]
            assert begins.msn > later[slug].msn
            assert begins.dsn > later[slug].dsn
            assert seen.playlist(slug) == playlists[slug]
        for address in addresses:
            path = address.split("/stream/", 1)[1]
            assert seen.client.get(f"{seen.server.url}/stream/{path}").status_code == 404
        check_dates(seen, videos)
        assert seen.check()["state"] == "ok"
        history = seen.ask("/api/channels/main/as-run")["airings"]
        assert aired is not None
        assert min(datetime.fromisoformat(each["startsAt"]) for each in history) <= to_datetime(aired)
        assert "playlist_violation" not in seen.events()
    before = machine.data.joinpath("insta-stream.db").read_bytes()
    assert "is not ahead of the machine's. Nothing has changed." in machine.command("--reset")
    assert machine.data.joinpath("insta-stream.db").read_bytes() == before


def check_dates(seen: Seen, videos: list[str]) -> None:
    """See that nothing is dated later than now, and that what is deleted goes in a day."""
    channels = seen.ask("/api/channels")["channels"]
    assert all(datetime.fromisoformat(each["createdAt"]) < now() for each in channels)
    (deleted,) = seen.ask("/api/videos/deleted")
    assert deleted["video"]["id"] == videos[1]
    assert near(deleted["deletedAt"], now())
    assert near(deleted["goneAt"], now() + timedelta(days=1))

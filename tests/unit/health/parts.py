"""The parts of a server, which a test sets."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.support.scene import Scene

from insta_stream.channels.channel import Channel
from insta_stream.delivery.audit import kept_promises
from insta_stream.health.check import Finding, Probe
from insta_stream.health.health import Health
from insta_stream.health.troubles import Troubles
from insta_stream.ids import ChannelSlug
from insta_stream.library.disk_use import DiskUse
from insta_stream.storage.bulletin import Bulletin
from insta_stream.storage.folder import DataFolder


class Parts:
    """A server's parts. finding: what the part "moon" is found to be. leads: whether it does, of several."""

    def __init__(self, folder: Path, *, leads: bool = True, is_alone: bool = True, **probes: Probe) -> None:
        self.scene = Scene.on_air()
        self.scene.pass_time(100)
        self.slugs = ["main"]
        self.jobs: list[Any] = []
        self.counts: dict[ChannelSlug, int] = {}
        self.lags: dict[ChannelSlug, float] = {}
        self.finding = Finding("ok", "It shines.")
        data = DataFolder.under(folder)
        data.create()
        self.leads = leads
        self.seat = None if is_alone else Bulletin(data.bulletin)
        self.used = DiskUse(5, 4, 3, 2, 1, free=900, min_free=1000)
        library: Any = SimpleNamespace(videos=lambda: tuple(self.jobs), disk_use=lambda: self.used)
        clock = self.scene.clock
        self.troubles = Troubles(clock.now)
        self.health = Health(
            clock=clock,
            library=library,
            channels=self,  # type: ignore[arg-type]
            folder=data,
            troubles=self.troubles,
            audience=self,
            edges=self,
            probes={"moon": self.look, "playlists": self.look_at_playlists, **probes},
            bulletin=self.seat,
            leads=lambda: self.leads,
        )

    async def look(self) -> Finding:
        return self.finding

    async def look_at_playlists(self) -> Finding:
        return await kept_promises(self.scene.audit, self.scene.clock)

    def all(self) -> tuple[Channel, ...]:
        return tuple(replace(self.scene.channel, slug=ChannelSlug(slug)) for slug in self.slugs)

    def pass_time(self, seconds: float) -> None:
        self.scene.pass_time(seconds)
        self.scene.clock.now()

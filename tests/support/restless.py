"""Operators who never rest: they make, start, edit, stop and delete channels, as fast as they can.

Each has a channel of its own, and asks for its stream as soon as a start was answered, as a viewer would.
They go on when the server was killed.
"""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urljoin

import httpx
from tests.support.director import REFUSALS


@dataclass
class Restless:
    """One of them. moves: how often each deed was done. unserved: what a viewer got instead of a stream.

    slowest_seconds: how long a viewer waited at most who came right after a start.
    """

    client: httpx.AsyncClient
    slug: str
    videos: list[str]
    dice: random.Random
    moves: Counter[str] = field(default_factory=Counter)
    unserved: list[str] = field(default_factory=list)
    slowest_seconds: float = 0.0
    is_there: bool = False
    is_on_air: bool = False

    async def act(self, deeds: int) -> None:
        """Do so many deeds, chosen at random."""
        for _ in range(deeds):
            name = self.dice.choice(self.deeds())
            try:
                if await getattr(self, f"_{name}")():
                    self.moves[name] += 1
            except httpx.TransportError:  # the server was killed
                await self._look_again()
            await asyncio.sleep(self.dice.choice((0, 0, 0, 0.05, 0.5)))

    def deeds(self) -> tuple[str, ...]:
        """Return what makes sense now; starts and stops more often than anything else."""
        if not self.is_there:
            return ("create",)
        edits = ("fill", "clear", "undo", "skip", "jump", "set_up", "vary")
        if self.is_on_air:
            return (*("restart",) * 4, *("stop",) * 2, "pause", "resume", *edits)
        return (*("start",) * 4, "delete", "delete", *edits)

    async def _look_again(self) -> None:
        """See what became of a deed whose answer was lost."""
        while True:
            try:
                reply = await self.client.get(f"/api/channels/{self.slug}")
            except httpx.TransportError:
                await asyncio.sleep(0.05)
            else:
                self.is_there = reply.is_success
                self.is_on_air = self.is_there and reply.json()["data"]["state"] != "off"
                return

    async def _create(self) -> bool:
        self.is_there = await self._do("POST", "", {"slug": self.slug, "title": self.slug})
        return self.is_there

    async def _delete(self) -> bool:
        self.is_there = not await self._do("DELETE", f"/{self.slug}")
        return not self.is_there

    async def _start(self) -> bool:
        if await self._do("POST", f"/{self.slug}/stream/start"):
            self.is_on_air = True
            await self._watch()
        return self.is_on_air

    async def _stop(self) -> bool:
        self.is_on_air = not await self._do("POST", f"/{self.slug}/stream/stop")
        return not self.is_on_air

    async def _restart(self) -> bool:
        """Stop and start at once; half of the time, an edit goes on while viewers come."""
        if not await self._stop():
            return False
        if self.dice.random() < 0.5:
            return await self._start()
        if not await self._do("POST", f"/{self.slug}/stream/start"):
            return False
        self.is_on_air = True
        await asyncio.gather(self._watch(), self._fill(), self._skip())
        return True

    async def _pause(self) -> bool:
        return await self._do("POST", f"/{self.slug}/stream/pause")

    async def _resume(self) -> bool:
        return await self._do("POST", f"/{self.slug}/stream/resume")

    async def _skip(self) -> bool:
        return await self._do("POST", f"/{self.slug}/stream/skip")

    async def _jump(self) -> bool:
        return await self._do("POST", f"/{self.slug}/playlist/current/{self.dice.randrange(3)}")

    async def _fill(self) -> bool:
        chosen = self.dice.choices(self.videos, k=self.dice.randrange(1, 5))
        return await self._do("PUT", f"/{self.slug}/playlist", {"videos": chosen})

    async def _clear(self) -> bool:
        return await self._do("DELETE", f"/{self.slug}/playlist")

    async def _undo(self) -> bool:
        return await self._do("POST", f"/{self.slug}/playlist/undo")

    async def _set_up(self) -> bool:
        settings = {"windowSeconds": self.dice.choice((12, 30, 120)), "title": f"{self.dice.random()}"}
        return await self._do("PATCH", f"/{self.slug}", settings)

    async def _vary(self) -> bool:
        """Delete a video that airs somewhere, and bring it back."""
        video = self.dice.choice(self.videos)
        if not (await self.client.delete(f"/api/videos/{video}")).is_success:
            return False
        await asyncio.sleep(self.dice.choice((0, 0.1)))
        return (await self.client.post(f"/api/videos/{video}/restore")).is_success

    async def _do(self, method: str, path: str, body: object = None) -> bool:
        """Ask for something under /api/channels; return whether it was done, or refused."""
        reply = await self.client.request(method, f"/api/channels{path}", json=body)
        assert reply.is_success or reply.status_code in REFUSALS, f"{method} {path}: {reply.text}"
        return reply.is_success

    async def _watch(self) -> None:
        """Ask for all playlists of the channel, which was started a moment ago."""
        began = asyncio.get_running_loop().time()
        path = f"/stream/{self.slug}/stream.m3u8"
        entry = await self.client.get(path)
        if not entry.is_success:
            self.unserved.append(f"{path}: {entry.status_code} {entry.text}")
            return
        variants = [urljoin(path, line) for line in entry.text.splitlines() if not line.startswith("#")]
        replies = await asyncio.gather(*map(self.client.get, variants))
        for reply in replies:
            if not (reply.is_success and "#EXTINF" in reply.text):
                self.unserved.append(f"{reply.url.path}: {reply.status_code} {reply.text[:200]}")
        took = asyncio.get_running_loop().time() - began
        self.slowest_seconds = max(self.slowest_seconds, took)

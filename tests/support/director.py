"""Someone who edits a channel at random moments, over the HTTP API, as an operator would."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field

import httpx

REFUSALS = frozenset({400, 404, 409, 503})
"""What an edit may be answered with when the channel is not in the state for it."""


@dataclass
class Director:
    """Edits the main channel. moves: how often each edit was done; refused: how often it was not possible."""

    client: httpx.AsyncClient
    videos: list[str]
    dice: random.Random
    moves: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    async def edit_for(self, seconds: float, *, stops: bool = True) -> None:
        """Edit at random moments until the time is over, then see to it that the channel plays."""
        moves = [self.skip, self.jump, self.add, self.remove, self.reorder, self.pause, self.resume]
        moves += [self.replace, self.undo, self.clear, *([self.stop] if stops else [])]
        async with asyncio.timeout(seconds + 60):
            end = asyncio.get_running_loop().time() + seconds
            while (now := asyncio.get_running_loop().time()) < end:
                await self.dice.choice(moves)()
                await asyncio.sleep(min(self.dice.choice((0, 0.1, 0.7, 1.9, 3.1)), end - now))

    async def skip(self) -> None:
        await self._post("skip", "/api/channels/main/stream/skip")

    async def pause(self) -> None:
        await self._post("pause", "/api/stream/pause")

    async def resume(self) -> None:
        await self._post("resume", "/api/stream/resume")

    async def stop(self) -> None:
        if self.dice.random() < 0.3:
            await self._post("stop", "/api/stream/stop")
            await asyncio.sleep(self.dice.choice((0.5, 3)))
            await self._post("start", "/api/stream/start")

    async def jump(self) -> None:
        await self._post("jump", f"/api/playlist/current/{self.dice.randrange(4)}")

    async def add(self) -> None:
        await self._post("add", "/api/channels/main/playlist", {"videos": [self.dice.choice(self.videos)]})

    async def replace(self) -> None:
        chosen = self.dice.sample(self.videos, min(4, len(self.videos)))
        await self._answer("replace", "PUT", "/api/channels/main/playlist", {"videos": chosen})

    async def undo(self) -> None:
        await self._post("undo", "/api/channels/main/playlist/undo")

    async def clear(self) -> None:
        if self.dice.random() < 0.3:
            await self._answer("clear", "DELETE", "/api/playlist")

    async def remove(self) -> None:
        if entries := await self._entries():
            chosen = self.dice.choice(entries)
            await self._answer("remove", "DELETE", f"/api/channels/main/playlist/{chosen}")

    async def reorder(self) -> None:
        entries = await self._entries()
        self.dice.shuffle(entries)
        await self._post("reorder", "/api/channels/main/playlist/reorder", {"order": entries})

    async def _entries(self) -> list[str]:
        reply = await self.client.get("/api/channels/main/playlist")
        return [item["entry"] for item in reply.json()["data"]["playlist"]]

    async def _post(self, name: str, path: str, body: object = None) -> None:
        await self._answer(name, "POST", path, body)

    async def _answer(self, name: str, method: str, path: str, body: object = None) -> None:
        reply = await self.client.request(method, path, json=body)
        if reply.status_code in REFUSALS:
            self.refused[name] += 1
            return
        assert reply.is_success, f"{name}: {reply.status_code} {reply.text}"
        self.moves[name] += 1

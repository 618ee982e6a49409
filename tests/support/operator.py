"""Someone who edits and uploads while the server is killed, and knows what was answered with success."""

import random
from pathlib import Path

import httpx
from tests.support.station import Station

SPARE = "spare"
"""A channel off the air, whose playlist the uploads join."""


class Operator:
    """Orders the playlist of the main channel anew, and sends files.

    videos: those that must be there. orders: what the playlist may be; more than one where the answer to an
    edit was lost.
    """

    def __init__(self, station: Station, clip: Path, dice: random.Random) -> None:
        self._station = station
        self._clip = clip
        self._dice = dice
        self.videos = {video["id"] for video in station.videos()}
        self.orders = [station.playlist()]
        reply = httpx.post(f"{station.url}/api/channels", json={"slug": SPARE, "title": "Spare"}, timeout=30)
        assert reply.is_success, reply.text

    async def reorder(self) -> None:
        """Put the playlist into another order; the server may be killed meanwhile."""
        order = [*self.orders[0], self._dice.choice(self.orders[0])]
        self._dice.shuffle(order)
        order = order[:8]
        self.orders.append(order)
        async with httpx.AsyncClient(base_url=self._station.url, timeout=60) as client:
            try:
                reply = await client.put("/api/channels/main/playlist", json={"videos": order})
            except httpx.TransportError:
                return
        if reply.is_success:
            self.orders = [order]

    async def upload(self) -> str | None:
        """Send a file; return its id where the server has said that it took it."""
        async with httpx.AsyncClient(base_url=self._station.url, timeout=60) as client:
            files = {"video": (self._clip.name, self._clip.read_bytes())}
            try:
                reply = await client.post("/api/upload", params={"channel": SPARE}, files=files)
            except httpx.TransportError:
                return None
        if not reply.is_success:
            return None
        video: str = reply.json()["data"]["id"]
        self.videos.add(video)
        return video

    def check_nothing_is_lost(self) -> None:
        """Compare what there is with what was answered."""
        assert {video["id"] for video in self._station.videos()} >= self.videos
        present = self._station.playlist()
        assert present in self.orders
        self.orders = [present]

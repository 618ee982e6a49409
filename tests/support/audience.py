"""Who watches while things break: the checker on all rungs, a player with a buffer, and FFmpeg."""

import asyncio
import re
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from pathlib import Path
from typing import Self

from tests.support.player import BEHIND, Player
from tests.support.waiting import until

from insta_stream.check.findings import Event
from insta_stream.check.watch import check
from insta_stream.hls.rules import RULES, http, pace

TIMELY = {rule.code for rule in (*pace.RULES, http.PLAYLIST_SLOW, http.SEG_SLOW)}
"""Rules about time: while a server is away or its machine busy they tell of that, not of a contradiction."""

FOREVER = 1e9


class Audience:
    """Watches a channel from the beginning to the end of a block.

    violations: what the checker found, on all rungs, over all gaps. player: plays one rung.
    """

    def __init__(self, base: str) -> None:
        self.player = Player(f"{base}/stream/stream.m3u8")
        self._said: list[str] = []
        self._url = self.player.url
        self._tasks: list[asyncio.Task[object]] = []

    async def __aenter__(self) -> Self:
        watching = check(self._url, seconds=FOREVER, tolerate_restart=True, on_event=self._on_event)
        self._tasks = [asyncio.create_task(watching), asyncio.create_task(self.player.play())]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task

    @property
    def violations(self) -> list[str]:
        """Every error that the checker or the player has seen so far."""
        for task in self._tasks:
            if task.done():
                task.result()  # it does not end by itself: show why it did
        return [*self._said, *self.player.faults]

    async def has_settled_in(self) -> None:
        """Wait until the player has what players have, and the checker has read a few segments."""
        await until(lambda: self.player.segments >= BEHIND)

    def _on_event(self, event: Event) -> None:
        code = event.message.partition(" ")[0]
        if event.kind == "violation" and code not in TIMELY and RULES[code].severity == "error":
            self._said.append(event.message)


class FFmpegViewer:
    """FFmpeg as a client of a channel, copying what it gets. complaints: about what it got."""

    def __init__(self, ffmpeg: Path, base: str) -> None:
        self._command = [
            *(str(ffmpeg), "-nostdin", "-hide_banner", "-loglevel", "warning", "-progress", "pipe:1"),
            *("-i", f"{base}/stream/stream.m3u8", "-map", "0:p:0:v", "-map", "0:p:0:a", "-c", "copy"),
            *("-f", "mpegts", "-y", "/dev/null"),
        ]
        self.seconds = 0.0
        self.remarks: list[str] = []

    async def __aenter__(self) -> Self:
        self._process: Process = await asyncio.create_subprocess_exec(
            *self._command, stdout=PIPE, stderr=PIPE
        )
        self._readers = [asyncio.create_task(self._follow()), asyncio.create_task(self._listen())]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process.returncode is None:
            self._process.terminate()
        await self._process.wait()
        await asyncio.gather(*self._readers)

    @property
    def is_watching(self) -> bool:
        """Whether it still reads."""
        return self._process.returncode is None

    @property
    def complaints(self) -> list[str]:
        """What it says of broken or missing media, not of a server that was away for a moment."""
        return [line for line in self.remarks if re.search(r"corrupt|[Ii]nvalid data|skipping|missing", line)]

    async def _follow(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            key, _, value = line.decode().strip().partition("=")
            if key == "out_time_us" and value.lstrip("-").isdigit():
                self.seconds = max(self.seconds, int(value) / 1e6)

    async def _listen(self) -> None:
        assert self._process.stderr is not None
        async for line in self._process.stderr:
            self.remarks.append(line.decode(errors="replace").strip())

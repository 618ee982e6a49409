"""Sends a file with tus, and goes on where it was when the connection, the server or this program ended."""

import base64
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx

from insta_stream.cli.memory import Memory, fingerprint
from insta_stream.cli.server import Server, ServerGone, ServerSaid
from insta_stream.errors import BadRequest

PIECE_BYTES = 1 << 20
GIVE_UP_SECONDS = 600.0
"""Without a single byte getting through."""

POLL_SECONDS = 0.3
LONGEST_PAUSE_SECONDS = 15.0

_TUS = {"Tus-Resumable": "1.0.0"}
_PASSING = frozenset({409, 423, 429, 500, 502, 503, 504})
"""Answers that may be others in a moment."""


class Patience:
    """How long to go on trying: pauses that grow, until nothing has come of it for long."""

    def __init__(self, say: Callable[[str], None], sleep: Callable[[float], None] = time.sleep) -> None:
        self._say = say
        self._sleep = sleep
        self.renew()

    def renew(self) -> None:
        """Start again: something got through."""
        self._pause = 0.5
        self._deadline = time.monotonic() + GIVE_UP_SECONDS

    def wait(self, error: ServerSaid) -> None:
        """Pause, or raise `error` when it has been too long."""
        if time.monotonic() > self._deadline:
            raise error
        self._say(f"{error.message} Trying again.")
        self._sleep(self._pause * random.uniform(0.75, 1.25))  # noqa: S311 - spreads clients, hides nothing
        self._pause = min(2 * self._pause, LONGEST_PAUSE_SECONDS)


class Sender:
    """Sends files to one server. say: is told what goes wrong on the way."""

    def __init__(self, server: Server, memory: Memory, say: Callable[[str], None]) -> None:
        self._server = server
        self._memory = memory
        self._say = say

    def send(self, file: Path, name: str, channel: str, on_sent: Callable[[int], None]) -> "Sent":
        """Send a file, or what is missing of it. channel: "" for the library only. on_sent: gets the offset.

        Raises ServerSaid, and BadRequest where the file changes meanwhile.
        """
        key = fingerprint(file, self._server.address, channel, name)
        size = file.stat().st_size
        address = self._memory.recall(key)
        offset = self._offset(address) if address is not None else None
        if address is None or offset is None:
            address, offset = self._begin(name, size, channel), 0
            self._remember(key, address)
        patience = Patience(self._say)
        while offset < size:
            on_sent(offset)
            if fingerprint(file, self._server.address, channel, name) != key:
                raise BadRequest("The file changed while it was being sent; send it again.")
            before = offset
            offset = self._go_on(address, file, offset, on_sent, patience)
            if offset > before:
                patience.renew()
        on_sent(size)
        return Sent(self._server, address, Patience(self._say), lambda: self._memory.forget(key))

    def _begin(self, name: str, size: int, channel: str) -> str:
        said = {"filename": name} | ({"channel": channel} if channel else {})
        metadata = ",".join(f"{key} {_base64(value)}" for key, value in said.items())
        headers = {**_TUS, "Upload-Length": str(size), "Upload-Metadata": metadata}
        reply = self._server.ask("POST", "/api/uploads", headers=headers)
        if "location" not in reply.headers:
            raise ServerSaid("The server did not say where to send the file.")
        return str(httpx.URL(reply.headers["location"]).path)

    def _remember(self, key: str, address: str) -> None:
        try:
            self._memory.keep(key, address)
        except OSError as error:
            self._say(f"After Ctrl-C, this upload would start from the beginning ({error}).")

    def _offset(self, address: str) -> int | None:
        """Return how much the server has of an upload, None where it knows it no more."""
        try:
            reply = self._server.ask("HEAD", address, headers=_TUS)
        except ServerSaid as error:
            if error.status in {404, 410}:
                return None
            raise
        return int(reply.headers["upload-offset"])

    def _go_on(
        self, address: str, file: Path, offset: int, on_sent: Callable[[int], None], patience: Patience
    ) -> int:
        """Send from `offset` to the end; return how far that got."""
        size = file.stat().st_size
        headers = {
            **_TUS,
            "Upload-Offset": str(offset),
            "Content-Type": "application/offset+octet-stream",
            "Content-Length": str(size - offset),
        }
        try:
            body = _pieces(file, offset, on_sent)
            reply = self._server.ask("PATCH", address, headers=headers, content=body)
            return int(reply.headers["upload-offset"])
        except ServerSaid as error:
            if not _is_passing(error):
                raise
            patience.wait(error)
        return self._find_offset(address, patience)

    def _find_offset(self, address: str, patience: Patience) -> int:
        while True:
            try:
                offset = self._offset(address)
            except ServerSaid as error:
                if not _is_passing(error):
                    raise
                patience.wait(error)
                continue
            if offset is None:
                raise ServerSaid("The server has removed this upload; send the file again.")
            return offset


class Sent:
    """A file whose bytes the server has. id: of the video. forget: drops what is remembered of it here."""

    def __init__(self, server: Server, address: str, patience: Patience, forget: Callable[[], None]) -> None:
        self.id = address.rpartition("/")[2]
        self.forget = forget
        self._server = server
        self._address = address
        self._patience = patience

    def outcome(self) -> dict[str, Any]:
        """Wait until the file is a video, and in its playlist. Raises BadRequest where it is no video.

        What is remembered of the upload is dropped then.
        """
        while True:
            try:
                upload = self._server.call("GET", self._address)
            except ServerSaid as error:
                if not _is_passing(error):
                    raise
                self._patience.wait(error)
                continue
            self._patience.renew()
            video: dict[str, Any] = upload["video"]
            if upload["isVideo"] and upload["channelAwaited"] is None:
                self.forget()
                return video
            if video["state"] == "failed" and not upload["isVideo"]:
                self.forget()
                self._server.ask("DELETE", self._address, headers=_TUS)  # it has been seen
                raise BadRequest(video["error"])
            time.sleep(POLL_SECONDS)


def _is_passing(error: ServerSaid) -> bool:
    return isinstance(error, ServerGone) or error.status in _PASSING


def _pieces(file: Path, offset: int, on_sent: Callable[[int], None]) -> Iterator[bytes]:
    with file.open("rb", buffering=0) as source:
        source.seek(offset)
        while piece := source.read(PIECE_BYTES):
            yield piece
            offset += len(piece)
            on_sent(offset)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode(errors="replace")).decode()

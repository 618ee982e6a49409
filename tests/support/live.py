"""A small live channel over HTTP that can be made bad in one respect at a time.

Segments of one second, two items that loop, two rungs; the window is a function of the clock. A fault is a
word; those that need a before and an after begin to show `TRIP` seconds after the
first request for a media playlist.
"""

import gzip
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from fractions import Fraction
from hashlib import blake2b
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.segments import Item, make

from insta_stream.hls.playlist import MediaPlaylist, MediaSegment, MultivariantPlaylist, Variant
from insta_stream.hls.render import render_media, render_multivariant
from insta_stream.ticks import Ticks, from_nanoseconds, seconds

SECOND = seconds(1)
TRIP = 1.2
WINDOW = 8
RUNGS = {"180p": 200_000, "144p": 100_000}
ITEMS = (Item(segments=2), Item(segments=3, tone=880))
PLAYLIST = "application/vnd.apple.mpegurl"


@dataclass
class Channel:
    """What the server serves. broadcast: part of the playlists' addresses; "" while off the air.

    has_folders: each variant has a folder of its own, in which its playlist is called as the others are.
    puts_off: how many requests for playlists are yet told to come back in a second.
    """

    fault: str = ""
    broadcast: str = "one"
    has_folders: bool = False
    ended: dict[str, int] = field(default_factory=dict)
    shift: dict[str, int] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    started: float = 0
    puts_off: int = 0

    @property
    def is_tripped(self) -> bool:
        return self.started > 0 and time.monotonic() - self.started > TRIP

    def items(self, rung: str) -> tuple[Item, ...]:
        first, second = (replace(item, bits_per_second=RUNGS[rung]) for item in ITEMS)
        changes: dict[str, dict[str, bool | int | str]] = {
            "unmarked": {"is_marked": False},
            "no-audio": {"has_audio": False},
            "resized": {"size": "640x360"},
            "sound-first": {"is_opened": False, "b_frames": 0},
        }
        return first, replace(second, **changes.get(self.fault, {}))  # type: ignore[arg-type]

    def prepare(self) -> None:
        """Make all segments, so that no request waits for FFmpeg."""
        for rung in RUNGS:
            for item in self.items(rung):
                make(item)

    def edge(self) -> int:
        """Return the number of segments that have aired since the epoch."""
        return from_nanoseconds(time.time_ns()) // SECOND

    def stop(self) -> None:
        self.ended[self.broadcast] = self.edge()
        self.broadcast = ""

    def start_early(self, broadcast: str, by_seconds: int) -> None:
        """Let the entry playlist name the next broadcast so long before the present one ends."""
        self.ended[self.broadcast] = self.edge() + by_seconds
        self.start(broadcast, shift=100)

    def start(self, broadcast: str, shift: int) -> None:
        """Begin a broadcast whose numbers are `shift` higher than those of the clock."""
        self.shift[broadcast] = shift
        self.broadcast = broadcast

    def is_on_air(self) -> bool:
        """Whether there is an entry playlist; "stop-unseen": its second reading comes after a stop."""
        if self.fault == "stop-unseen" and self.asked["entry"] == 1:
            self.stop()
        self.asked["entry"] += 1
        return bool(self.broadcast)

    def entry(self) -> MultivariantPlaylist:
        codecs = "avc1.42001e,mp4a.40.2" if self.fault == "codecs" else "avc1.4d401e,mp4a.40.2"
        peak = 1 if self.fault == "bandwidth" else 10
        variants = tuple(
            Variant(self.address(rung), bps * peak, bps * peak, 320, 180, Fraction(25), codecs)
            for rung, bps in RUNGS.items()
        )
        is_short = self.fault == "variant-leaves" and self.is_tripped
        return MultivariantPlaylist(variants[:1] if is_short else variants)

    def address(self, rung: str) -> str:
        return f"{self.broadcast}/{rung}{'/index' if self.has_folders else ''}.m3u8"

    def media(self, broadcast: str, rung: str) -> MediaPlaylist:
        self.started = self.started or time.monotonic()
        edge = min(self.edge(), self.ended.get(broadcast, self.edge()))
        is_other = rung == "144p"
        if self.fault == "frozen":
            edge = min(edge, int(self.frozen_at()))
        if self.fault == "rung-lags" and is_other:
            edge -= 1
        first = edge - WINDOW
        listed = tuple(self.segment(msn, rung) for msn in range(first, edge))
        number = first + self.shift.get(broadcast, 0)
        is_ended = self.ended.get(broadcast, self.edge() + 1) <= self.edge()
        playlist = MediaPlaylist(1, number, self.tags_before(first), listed, is_ended=is_ended)
        return self.spoiled(playlist, is_other)

    def frozen_at(self) -> float:
        return time.time() - (time.monotonic() - self.started)

    def spoiled(self, playlist: MediaPlaylist, is_other: bool) -> MediaPlaylist:
        """Return the playlist with the fault in it."""
        segments, dsn = playlist.segments, playlist.discontinuity_sequence or 0
        is_tripped = self.is_tripped
        match self.fault:
            case "dseq-early":
                return replace(playlist, discontinuity_sequence=dsn + segments[0].discontinuity)
            case "dseq-stuck":
                return replace(playlist, discontinuity_sequence=7)
            case "dseq-missing":
                return replace(playlist, discontinuity_sequence=None)
            case "no-tag":
                untagged = tuple(one._replace(discontinuity=False) for one in segments)
                return replace(playlist, segments=untagged, discontinuity_sequence=0)
            case "msn-back" if is_tripped:
                return replace(playlist, media_sequence=playlist.media_sequence - 1000)
            case "msn-gap" if is_tripped:
                return replace(playlist, media_sequence=playlist.media_sequence + 50)
            case "td-zero":
                return replace(playlist, target_duration=0)
            case "td-changed" if is_tripped:
                return replace(playlist, target_duration=2)
            case "extinf-changed" if is_tripped:
                shorter = tuple(one._replace(duration=seconds(0.98)) for one in segments)
                return replace(playlist, segments=shorter)
            case "date-moves" if is_tripped:
                return replace(playlist, segments=tuple(_moved(one, 0.3) for one in segments))
            case "rung-shifted" if is_other:
                return replace(playlist, media_sequence=playlist.media_sequence + 1)
            case "rung-skewed" if is_other:
                return replace(playlist, segments=tuple(_moved(one, 0.3) for one in segments))
            case "short-window":
                short = segments[-2:]
                left = sum(one.discontinuity for one in segments[:-2])
                first = playlist.media_sequence + WINDOW - 2
                return MediaPlaylist(1, first, dsn + left, short)
        return playlist

    def segment(self, msn: int, rung: str) -> MediaSegment:
        item, number = self.place(msn)
        folder = "other" if self.fault == "uri-changed" and self.is_tripped else "media"
        uri = f"/{folder}/{item}/{rung}/{number}.ts"
        if self.fault == "expired":
            uri = f"/media/{item}/{rung}/{number}.ts?{msn}"
        return MediaSegment(uri, SECOND, Ticks(msn * SECOND), discontinuity=number == 0)

    def place(self, msn: int) -> tuple[int, int]:
        """Return the item and the number in it of a segment."""
        loop = msn % sum(item.segments for item in ITEMS)
        return (0, loop) if loop < ITEMS[0].segments else (1, loop - ITEMS[0].segments)

    def tags_before(self, msn: int) -> int:
        """Return how many tagged segments come before segment `msn`."""
        loops, rest = divmod(msn, sum(item.segments for item in ITEMS))
        return loops * 2 + (rest > 0) + (rest > ITEMS[0].segments)

    def body(self, item: int, rung: str, number: int, path: str) -> bytes | None:
        segments = make(self.items(rung)[item])
        if number >= len(segments):
            return None
        self.asked[path] += 1
        body = segments[number]
        match self.fault:
            case "segment-missing":
                return None
            case "segment-late" if self.asked[path] == 1:
                return None
            case "expired" if int(path.partition("?")[2]) < self.edge() - WINDOW:
                return None
            case "segment-mutated" if self.asked[path] % 2 == 0:
                return body[:-1] + b"\0"
            case "segment-cut":
                return body[:-1000]
            case "segment-damaged":
                return _damaged(body)
        return body


def _damaged(segment: bytes) -> bytes:
    """Return the segment with the second half of each payload overwritten, but for the first packets."""
    packets = [segment[at : at + 188] for at in range(0, len(segment), 188)]
    return b"".join([*packets[:6], *(packet[:100] + b"\xaa" * 88 for packet in packets[6:])])


def _moved(segment: MediaSegment, by: float) -> MediaSegment:
    return segment._replace(date_time=Ticks((segment.date_time or 0) + seconds(by)))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    channel: Channel
    connections: set[socket.socket]

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.connections.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """End the connections that clients keep open, as the end of a process does."""
        for connection in tuple(self.connections):
            with suppress(OSError):  # the client was quicker
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        channel, fault = self.server.channel, self.server.channel.fault
        path = self.path.partition("?")[0]
        parts = path.strip("/").split("/")
        if channel.puts_off and path.endswith(".m3u8"):
            channel.puts_off -= 1
            self.reply(503, b"", {"Retry-After": "1", "Access-Control-Allow-Origin": "*"})
        elif fault == "redirect" and parts[0] == "media" and "?" not in self.path:
            self.reply(302, b"", {"Location": f"{self.path}?here", "Access-Control-Allow-Origin": "*"})
        elif parts == ["stream.m3u8"] and channel.is_on_air():
            self.playlist(render_multivariant(channel.entry()).encode(), 20)
        elif parts[-1] in {*(f"{rung}.m3u8" for rung in RUNGS), "index.m3u8"}:
            text = render_media(channel.media(parts[0], parts[1].removesuffix(".m3u8")))
            self.playlist(
                (text.replace(":6", ":6\n#EXT-X-VERSION:6") if fault == "syntax" else text).encode(), 1
            )
        elif parts[0] in ("media", "other"):
            self.segment(channel.body(int(parts[1]), parts[2], int(parts[3].removesuffix(".ts")), self.path))
        else:
            self.missing()

    def do_HEAD(self) -> None:
        if self.server.channel.fault == "no-head":
            self.reply(405, b"", {})
        else:
            self.do_GET()

    def do_OPTIONS(self) -> None:
        allowed = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "Range"}
        self.reply(405 if self.server.channel.fault == "no-options" else 204, b"", allowed)

    def playlist(self, body: bytes, age: int) -> None:
        fault = self.server.channel.fault
        age = 3600 if fault == "long-cache" else age
        tag = f'"{blake2b(body, digest_size=8).hexdigest()}"'
        headers = {
            "Content-Type": "text/plain" if fault == "playlist-type" else PLAYLIST,
            "Cache-Control": f"public, max-age={age}",
            "ETag": tag,
            "Access-Control-Allow-Origin": "*",
        }
        if fault == "no-cors":
            del headers["Access-Control-Allow-Origin"]
        if fault == "no-cache-control":
            del headers["Cache-Control"]
        if fault != "no-vary":
            headers["Vary"] = "Accept-Encoding"
        if fault != "no-gzip":
            headers["Content-Encoding"] = "gzip"
            body = gzip.compress(body, mtime=0)
        if self.headers.get("If-None-Match") == tag and fault != "no-304":
            self.reply(304, b"", headers)
        else:
            self.reply(200, body, headers)

    def segment(self, body: bytes | None) -> None:
        fault = self.server.channel.fault
        if body is None:
            self.missing()
            return
        headers = {
            "Content-Type": "application/octet-stream" if fault == "segment-type" else "video/mp2t",
            "Cache-Control": "no-cache"
            if fault == "uncached-segments"
            else "public, max-age=31536000, immutable",
            "Access-Control-Allow-Origin": "*",
        }
        if self.headers.get("Range") == "bytes=0-187" and fault != "no-range":
            headers["Content-Range"] = f"bytes 0-187/{len(body)}"
            self.reply(206, body[:188], headers)
        else:
            self.reply(200, body, headers)

    def missing(self) -> None:
        fault = self.server.channel.fault
        headers = {"Cache-Control": "max-age=60" if fault == "cached-errors" else "no-store"}
        if fault != "no-cors-on-errors":
            headers["Access-Control-Allow-Origin"] = "*"
        self.reply(404, b'{"success": false}', headers)

    def reply(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status not in (204, 304):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and status not in (204, 304):
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class's name)
        """Stay quiet."""


@contextmanager
def serving(channel: Channel, port: int = 0) -> Iterator[str]:
    """Serve a channel; gives the address of its multivariant playlist."""
    channel.prepare()
    server = _Server(("127.0.0.1", port), _Handler)
    server.channel = channel
    server.connections = set()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/stream.m3u8"
    finally:
        server.shutdown()
        server.server_close()
        server.hang_up()
        thread.join()

"""Segments and pictures: files that never change, sent from the disk.

    /media/{package}/{rendition}/{n}.ts         a segment, byte for byte as it was packaged
    /media/{package}/{rendition}/{n}.join.ts    the same after packets that announce a discontinuity
    /media/{package}/poster.jpg, strip.jpg      the pictures of a package

The join address is what a playlist lists for a segment in mid-item that follows a discontinuity tag: only
the first segment of a package has the transport stream's own discontinuity indicator on its first packets,
and FFmpeg-based players report lost packets without it.

Files go from the disk to the network without passing through here: the server's connections offer ASGI's
extension for that (zero copy send).
"""

import asyncio
import os
import re
import stat
from dataclasses import dataclass
from functools import lru_cache
from io import FileIO
from pathlib import Path

import structlog
from starlette.types import Receive, Scope, Send

from insta_stream.delivery.admission import viewer_of
from insta_stream.delivery.http import (
    Headers,
    Refusal,
    answered_method,
    begin,
    header,
    matches,
    not_found,
    refuse,
    reply,
)
from insta_stream.delivery.ranges import ByteRange, Unsatisfiable, parse_range
from insta_stream.hls.mpegts import SegmentError, join_prefix, read
from insta_stream.metrics import Metrics

log = structlog.get_logger()

_SEGMENT = re.compile(r"/media/([0-9a-f]{32})/([a-z0-9]{1,16})/(0|[1-9][0-9]{0,6})(\.join)?\.ts").fullmatch
_PICTURE = re.compile(r"/media/([0-9a-f]{32})/(poster|strip)\.jpg").fullmatch

_FOREVER = (b"cache-control", b"public, max-age=31536000, immutable")
_FOREVER_FOR_ONE = (b"cache-control", b"private, max-age=31536000, immutable")
"""Where the address has a pass in it: what is kept for all would be given out after its end."""


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A file as it goes over the wire: `prefix`, then the bytes of `path`.

    size: of both together. etag: strong; it changes whenever the file is written anew.
    """

    path: str
    prefix: bytes
    size: int
    etag: bytes
    content_type: bytes


class Media:
    """Answers everything under /media/. root: the folder of the packages."""

    def __init__(self, root: Path, metrics: Metrics) -> None:
        self._root = str(root.resolve())
        self._requests = metrics.segment_requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del receive  # a body, where someone sends one, is ignored
        if await answered_method(scope, send):
            return
        self._requests.inc()
        try:
            file = await self._find(scope["path"])
            await _answer(scope, send, file)
        except Refusal as refusal:
            await refuse(scope, send, refusal)

    async def _find(self, path: str) -> MediaFile:
        """Return the file that a path names; only the patterns' letters reach the disk. Raises Refusal."""
        if segment := _SEGMENT(path):
            package, rendition, number, join = segment.groups()
            location = f"{self._root}/{package}/{rendition}/{number}.ts"
            if join:
                return await asyncio.to_thread(_joined, location)
            return _plain(location, b"video/mp2t")
        if picture := _PICTURE(path):
            return _plain(f"{self._root}/{picture[1]}/{picture[2]}.jpg", b"image/jpeg")
        raise not_found("There is no such file.")


def _plain(location: str, content_type: bytes) -> MediaFile:
    status = _status(location)
    etag = b'"%x-%x"' % (status.st_mtime_ns, status.st_size)
    return MediaFile(location, b"", status.st_size, etag, content_type)


def _joined(location: str) -> MediaFile:
    """Return a segment and the packets that announce its discontinuity. Blocks: it may read the segment."""
    status = _status(location)
    try:
        prefix = _prefix(location, status.st_mtime_ns)
    except (OSError, SegmentError) as error:
        raise _unreadable(location, error) from error
    etag = b'"%x-%x-join"' % (status.st_mtime_ns, status.st_size)
    return MediaFile(location, prefix, len(prefix) + status.st_size, etag, b"video/mp2t")


@lru_cache(maxsize=1024)
def _prefix(location: str, modified_ns: int) -> bytes:
    """Return the packets to put before a segment; all viewers of a channel ask for the same one at once."""
    del modified_ns  # part of the key
    return join_prefix(read(Path(location).read_bytes()))


def _status(location: str) -> os.stat_result:
    """Return a regular file's status. Raises Refusal when there is none."""
    try:
        status = os.stat(location)  # noqa: PTH116 - a Path costs more than the call itself
    except OSError as error:
        raise _unreadable(location, error) from error
    if not stat.S_ISREG(status.st_mode):
        raise not_found("There is no such file.")
    return status


async def _answer(scope: Scope, send: Send, file: MediaFile) -> None:
    caching = _FOREVER if viewer_of(scope) is None else _FOREVER_FOR_ONE
    headers: Headers = [(b"etag", file.etag), caching, (b"accept-ranges", b"bytes")]
    if matches(header(scope, b"if-none-match"), file.etag):
        await reply(send, 304, headers)
        return
    wanted = _wanted(scope, file)
    part = wanted or ByteRange(0, file.size)
    headers += [(b"content-type", file.content_type), (b"content-length", b"%d" % part.length)]
    if wanted:
        headers.append((b"content-range", b"bytes %d-%d/%d" % (part.start, part.stop - 1, file.size)))
    status = 206 if wanted else 200
    if scope["method"] == "HEAD":
        await reply(send, status, headers)
        return
    with _open(file.path) as source:
        await begin(send, status, headers)
        await _send_part(send, file, part, source)


def _wanted(scope: Scope, file: MediaFile) -> ByteRange | None:
    """Return the range to send, or None for the whole. Raises Refusal (416)."""
    value = header(scope, b"range")
    if not value or scope["method"] == "HEAD":
        return None
    condition = header(scope, b"if-range")
    if condition and condition != file.etag:
        return None
    try:
        return parse_range(value, file.size)
    except Unsatisfiable as error:
        whole = ((b"content-range", b"bytes */%d" % file.size), (b"accept-ranges", b"bytes"))
        raise Refusal(416, "range_not_satisfiable", "The file is shorter than that.", whole) from error


async def _send_part(send: Send, file: MediaFile, part: ByteRange, source: FileIO) -> None:
    """Send a part as the body: what is in memory, then what lies in the file."""
    head = file.prefix[part.start : part.stop]
    offset, count = max(0, part.start - len(file.prefix)), part.length - len(head)
    if head or not count:
        await send({"type": "http.response.body", "body": head, "more_body": count > 0})
    if count:
        await send({"type": "http.response.zerocopysend", "file": source, "offset": offset, "count": count})


def _open(path: str) -> FileIO:
    try:
        return FileIO(path)
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: str, error: OSError | SegmentError) -> Refusal:
    """Return the refusal of a file that is not there, or that a disk or a system in need does not give.

    Players go on after a 503, and may give up for good after a 404.
    """
    if isinstance(error, (FileNotFoundError, NotADirectoryError)):
        return not_found("There is no such file, not yet or no longer.")
    log.error("file_unreadable", path=path, reason=str(error))
    return Refusal(503, "unreadable", "This file cannot be read right now.")

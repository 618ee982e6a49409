"""Which shape the pixels of a picture have, and from when on: broadcasts go from 4:3 to 16:9 and back.

Older FFmpegs believe each picture of a transport stream, newer ones take the first shape for that of all.
"""

from __future__ import annotations  # PyAV's packets cannot be subscripted at run time

from collections.abc import Callable
from fractions import Fraction

from av.packet import Packet
from av.stream import Stream
from av.video.stream import VideoStream as AvVideoStream

from insta_stream.media import h264
from insta_stream.media.sizes import sequence_header

_MOST = 100
"""Changes that are followed, as all are told to FFmpeg in one filter; behind them the last one stays."""


class Shapes:
    """Asks the decoder at each key frame whose header is not that of the one before.

    decode: is given such a packet; its errors are its own. changes: each shape with the time, in units of the
    stream's time base, from which on pixels have it.
    """

    def __init__(self, picture: AvVideoStream, decode: Callable[[Packet[Stream]], None]) -> None:
        self.changes: list[tuple[int, Fraction]] = []
        self._context = picture.codec_context
        self._decode = decode
        self._header: object = None

    def take(self, packet: Packet[Stream], time: int, *, is_decoded: bool) -> None:
        """Take in the next key frame. is_decoded: its decoder has had it already."""
        header = _header(self._context.name, bytes(packet))
        if not header or header == self._header or len(self.changes) > _MOST:
            return
        self._header = header
        if not is_decoded:
            self._context.flush_buffers()
            self._decode(packet)
        shape = self._context.sample_aspect_ratio or Fraction(1)
        if not self.changes or shape != self.changes[-1][1]:
            self.changes.append((time, shape))


def _header(codec: str, picture: bytes) -> object:
    if codec == "h264":
        return h264.opening(picture, 0).sps
    return sequence_header(picture)

"""How a segment opens: with three pictures, and only then with sound. Pure.

A demuxer hands out sound as soon as a packet of it is whole, and a picture only when the one after the next
has begun. So at a join FFmpeg hands out the first new sound before the last old picture, unless two new
pictures come before that sound; and before the first new picture, unless three do.

FFmpeg's programs do not know of discontinuity tags: they set the clock anew when a timestamp goes back. Where
old and new are mixed they do so twice, and the media's clock runs ahead by the length of the old video;
where sound goes back first, the clock falls behind by what the sound was shorter than the picture.
"""

from insta_stream.hls.mpegts import PACKET

PICTURES_AHEAD = 3
"""Pictures before the first sound of a segment: then the first of them is what sets the clock anew."""

_PICTURES = range(0xE0, 0xF0)
_SOUNDS = range(0xC0, 0xE0)
"""Values of stream_id (ISO/IEC 13818-1 section 2.4.3.7)."""


def pictures_first(data: bytes) -> bytes:
    """Return a segment in which what sound there is before the end of the third picture comes behind it.

    Inside each PID the packets stay in order, so that no counter changes; the size stays, too. What opens
    like that already, and what is no transport stream, is returned as it is.
    """
    ahead: list[bytes] = []
    held: list[bytes] = []
    sounds: set[int] = set()
    pictures = 0
    for at in range(0, len(data) - PACKET + 1, PACKET):
        packet = data[at : at + PACKET]
        pid = (packet[1] & 0x1F) << 8 | packet[2]
        begun = _begun(packet)
        if pictures == PICTURES_AHEAD and (begun or pid in sounds):
            break
        pictures += begun in _PICTURES
        if begun in _SOUNDS:
            sounds.add(pid)
        (held if pid in sounds else ahead).append(packet)
    rest = data[PACKET * (len(ahead) + len(held)) :]
    return b"".join((*ahead, *held, rest)) if held else data


def _begun(packet: bytes) -> int:
    """Return the stream_id of the PES packet that begins in a packet; 0 where none does."""
    if not packet[1] & 0x40:
        return 0
    begin = 4 + (1 + packet[4] if packet[3] & 0x20 else 0)
    head = packet[begin : begin + 4]
    return head[3] if len(head) == 4 and head.startswith(b"\0\0\1") else 0  # noqa: PLR2004 - bytes of a head

"""Pictures decoded here and there along a file: an ident at its beginning says little of the film."""

from __future__ import annotations  # PyAV's packets cannot be subscripted at run time

from collections.abc import Callable

from av.packet import Packet
from av.stream import Stream

PLACES = 16
"""How many places of a file are looked at."""

PACKETS = 8
"""How many packets are decoded in each: so many that some pictures come out in any order of decoding."""


class Samples:
    """Decodes short runs of packets, spread evenly over the bytes of a file.

    decode: is given the packets of a run, and takes note of the pictures; its errors are its own.
    """

    def __init__(self, size_bytes: int, decode: Callable[[Packet[Stream]], None]) -> None:
        self._step = max(1, size_bytes // PLACES)
        self._decode = decode
        self._due = self._step
        self._left = 0

    def take(self, packet: Packet[Stream], position: int) -> None:
        """Take in the next packet. position: of it among the bytes of the file."""
        if not self._left:
            if position < self._due or not packet.is_keyframe:
                return
            self._due = position + self._step
            self._left = PACKETS
            context = packet.stream.codec_context
            context.flush_buffers()
        self._left -= 1
        self._decode(packet)

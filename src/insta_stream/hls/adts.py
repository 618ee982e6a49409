"""AAC in ADTS framing, as MPEG-TS carries it (ISO/IEC 13818-7 section 6.2)."""

from collections.abc import Iterator
from dataclasses import dataclass

SAMPLES_PER_FRAME = 1024
_HEADER = 7
_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)


@dataclass(frozen=True, slots=True)
class Adts:
    """How the sound is coded. object_type: 2 is AAC-LC (ISO/IEC 14496-3 table 1.17). rate: hertz."""

    object_type: int
    rate: int
    channels: int

    @property
    def codec(self) -> str:
        """The stream's name in a CODECS attribute (RFC 6381 section 3.3)."""
        return f"mp4a.40.{self.object_type}"


def header(stream: bytes) -> Adts | None:
    """Return what the first frame header says, or None when the stream does not begin with one."""
    if len(stream) < _HEADER or not _is_frame(stream, 0):
        return None
    rate = stream[2] >> 2 & 0x0F
    if rate >= len(_RATES):
        return None
    return Adts((stream[2] >> 6) + 1, _RATES[rate], (stream[2] & 1) << 2 | stream[3] >> 6)


def format_of(frame: bytes) -> bytes:
    """Return what is the same in the headers of all frames of one format: profile, rate and channels."""
    return bytes((frame[2] & 0xFD, frame[3] & 0xC0)) if len(frame) >= _HEADER else b""


def frames(stream: bytes) -> Iterator[int]:
    """Yield where each frame begins, up to the first place where none does."""
    at = 0
    while at + _HEADER <= len(stream) and _is_frame(stream, at):
        yield at
        at += max(_HEADER, (stream[at + 3] & 3) << 11 | stream[at + 4] << 3 | stream[at + 5] >> 5)


def _is_frame(stream: bytes, at: int) -> bool:
    """Whether the sync word and the layer (always 0) are there."""
    return stream[at] == 0xFF and stream[at + 1] & 0xF6 == 0xF0  # noqa: PLR2004  (the sync word)

"""The quality steps that a channel may offer, and the caps that every segment of a step keeps.

Bitrates follow Apple's "HLS Authoring Specification for Apple Devices" (section 1, H.264 table: 365 kbit/s at
640x360 up to 7800 kbit/s at 1920x1080); the 240p and 480p steps lie between its rows. Levels follow
ITU-T H.264 table A-1 for the step's canvas at 60 frames per second.
"""

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from insta_stream.ticks import Ticks, to_fraction

AUDIO_BPS = 128_000
AUDIO_RATE = 48_000
AUDIO_CODEC = "mp4a.40.2"
MAX_FRAME_RATE = Fraction(60)

_BUFFER = Fraction(1, 2)
"""Size of the VBV buffer, as the share of the shortest segment that it holds at the maximum rate."""

_PEAK = 1 + _BUFFER
"""Peak over maximum rate of one segment: what arrives in its time, and a buffer that was full before."""

_MUX_OVERHEAD = Fraction(108, 100)
"""MPEG-TS packets, PES headers and tables: measured at most 8 % on segments of the smallest rung."""


@dataclass(frozen=True, slots=True)
class Rung:
    """A quality step.

    width, height: the canvas, 16:9, square pixels. profile, level: what x264 is told. codec: the same as
    RFC 6381 text. video_bps: VBV maximum rate of the picture, bits per second.
    """

    name: str
    width: int
    height: int
    profile: str
    level: str
    codec: str
    video_bps: int

    @property
    def codecs(self) -> str:
        """The CODECS attribute (RFC 8216 section 4.3.4.2)."""
        return f"{self.codec},{AUDIO_CODEC}"

    @property
    def peak_bps(self) -> int:
        """The BANDWIDTH attribute: a cap, in bits per second, that each segment is verified to keep."""
        return ceil((self.video_bps * _PEAK + AUDIO_BPS * Fraction(5, 4)) * _MUX_OVERHEAD / 1000) * 1000

    def buffer_bits(self, shortest: Ticks) -> int:
        """Return the VBV buffer size for a video whose shortest segment is this long, so that peaks hold."""
        return floor(self.video_bps * _BUFFER * to_fraction(shortest))

    @property
    def average_bps(self) -> int:
        """The AVERAGE-BANDWIDTH attribute: the VBV maximum rate, audio and container included."""
        return ceil((self.video_bps + AUDIO_BPS) * _MUX_OVERHEAD / 1000) * 1000


LADDER = (
    Rung("1080p", 1920, 1080, "high", "4.2", "avc1.64002a", 6_000_000),
    Rung("720p", 1280, 720, "high", "3.2", "avc1.640020", 3_000_000),
    Rung("480p", 854, 480, "high", "3.1", "avc1.64001f", 1_600_000),
    Rung("360p", 640, 360, "main", "3.1", "avc1.4d401f", 800_000),
    Rung("240p", 426, 240, "main", "3.0", "avc1.4d401e", 400_000),
)
"""The default ladder, best first."""

RUNGS = {rung.name: rung for rung in LADDER}

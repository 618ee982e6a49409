"""What inspection may have found, for tests to change."""

from fractions import Fraction

from insta_stream.media.model import VideoStream
from insta_stream.ticks import Ticks

PICTURE = VideoStream(
    index=0,
    codec="h264",
    profile="High",
    level=31,
    width=1280,
    height=720,
    sample_aspect=Fraction(1),
    rotation=0,
    frame_rate=Fraction(25),
    is_constant=True,
    is_interlaced=False,
    pixel_format="yuv420p",
    bits=8,
    color_range="tv",
    color_space="bt709",
    color_primaries="bt709",
    transfer="bt709",
    starts_at=Ticks(0),
)

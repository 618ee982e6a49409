"""Real MPEG-TS segments, as the packager makes them: first picture at 10 s, AAC, first packets marked, and
three pictures before the first sound."""

import subprocess
import tempfile
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

from tests.support.builds import BUNDLED

from insta_stream.hls.opening import pictures_first


@dataclass(frozen=True)
class Item:
    """What to make. segments: of `seconds` each, but the last may be of `last` seconds.

    b_frames: most of them in a row. is_opened: pictures are put before sound.
    """

    segments: int = 3
    seconds: int = 1
    last: float | None = None
    rate: Fraction = Fraction(25)
    size: str = "320x180"
    bits_per_second: int = 200_000
    tone: int = 440
    has_audio: bool = True
    audio_seconds: float | None = None
    is_marked: bool = True
    starts_at: float = 10.0
    keyframe_seconds: float | None = None
    picture_timing: str = "null"
    sound_timing: str = "anull"
    b_frames: int = 2
    is_opened: bool = True

    @property
    def duration(self) -> float:
        return (self.segments - 1) * self.seconds + (self.seconds if self.last is None else self.last)


@cache
def make(item: Item) -> tuple[bytes, ...]:
    """Return the item's segments."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(_command(item, folder), check=True, stdin=subprocess.DEVNULL)
        made = [(Path(folder) / f"{number}.ts").read_bytes() for number in range(item.segments)]
        return tuple(map(pictures_first, made) if item.is_opened else made)


def _command(item: Item, folder: str) -> list[str]:
    frames = round(item.duration * item.rate)
    picture = f"testsrc2=size={item.size}:rate={item.rate}"
    sound = f"sine=frequency={item.tone}:sample_rate=48000"
    group = round((item.keyframe_seconds or item.seconds) * item.rate)
    return [
        *(str(BUNDLED), "-hide_banner", "-loglevel", "error", "-y", "-f", "lavfi", "-i", picture),
        *(("-f", "lavfi", "-i", sound) if item.has_audio else ()),
        *("-frames:v", str(frames), "-filter:v", item.picture_timing, "-fps_mode", "passthrough"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-profile:v", "main"),
        *("-level", "3.0", "-pix_fmt", "yuv420p", "-b:v", str(item.bits_per_second)),
        *("-bf", str(item.b_frames)),
        *("-g", str(group), "-keyint_min", str(group), "-sc_threshold", "0"),
        *(("-c:a", "aac", "-b:a", "64k", "-ac", "2") if item.has_audio else ()),
        *(("-filter:a", _sound_filters(item)) if item.has_audio else ()),
        *("-output_ts_offset", str(item.starts_at), "-muxdelay", "0", "-muxpreload", "0", "-f", "hls"),
        *("-hls_time", str(item.seconds), "-hls_list_size", "0"),
        *(("-hls_segment_options", "mpegts_flags=+initial_discontinuity") if item.is_marked else ()),
        *("-hls_segment_filename", f"{folder}/%d.ts", f"{folder}/list.m3u8"),
    ]


def _sound_filters(item: Item) -> str:
    return f"atrim=end={item.audio_seconds or item.duration},{item.sound_timing}"

"""Videos whose frames carry their number, with a tone at every so many frames; and the reader of both.

The number stands in the picture as sixteen bits: black and white blocks, side by side, and below them the
same in reverse, so that a picture mixed of two is not taken for either.
"""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.video.frame import VideoFrame

from bench import clips
from insta_stream.media.command import FIRST_PTS

BITS = 16
TONE_SECONDS = 0.1
LOUD = 0.3
QUIET_SECONDS = 0.05
"""How long it must have been quiet before a loud sample is the beginning of a tone."""

_FULL_SCALE = 1 << 15
_GREY = 126
_FIRST_SECOND = FIRST_PTS / 90_000

_Sound = tuple[float, "array[int]", int]
_Timed = TypeVar("_Timed", bound=tuple[Any, ...])


class Unreadable(Exception):
    """A picture carries no number."""


@dataclass(frozen=True, slots=True)
class Marked:
    """A video to make. Its tones begin with frames 0, `beat`, 2 * `beat` and so on."""

    rate: Fraction
    frames: int
    audio_rate: int

    @property
    def beat(self) -> int:
        """Frames between two tones: about a second."""
        return round(self.rate)


@dataclass(frozen=True, slots=True)
class Stretch:
    """What a player makes of segments whose clock runs through: all in seconds of that clock.

    frames: when each is shown, and its number. tones: when they begin. sound: from when to when there is
    any.
    """

    frames: tuple[tuple[float, int], ...]
    tones: tuple[float, ...]
    sound: tuple[float, float]

    @property
    def numbers(self) -> list[int]:
        """The numbers of the frames in the order in which they are shown."""
        return [shown for _, shown in self.frames]


def make(path: Path, marked: Marked) -> Path:
    """Make a video of 640x360 with a key frame at each tone."""
    bit = "mod(floor(N/pow(2,floor(X/2))),2)"
    picture = (
        f"color=black:s={2 * BITS}x8:r={marked.rate},geq=lum='if(eq(gt(Y,3),{bit}),16,235)':cb=128:cr=128,"
        "scale=640:360:flags=neighbor,setsar=1,format=yuv420p"
    )
    tone = f"0.8*sin(2*PI*1000*t)*lt(mod(t,{marked.beat / marked.rate}),{TONE_SECONDS})"
    clips.run(
        *(
            "-f",
            "lavfi",
            "-i",
            picture,
            "-f",
            "lavfi",
            "-i",
            f"aevalsrc='{tone}':s={marked.audio_rate}:c=stereo",
        ),
        *("-frames:v", str(marked.frames), "-t", str(float(marked.frames / marked.rate))),
        *("-c:v", "libx264", "-preset", "veryfast", "-profile:v", "main", "-crf", "28"),
        *("-g", str(marked.beat), "-keyint_min", str(marked.beat), "-sc_threshold", "0"),
        *("-c:a", "aac", "-b:a", "128k", path),
    )
    return path


def number(rows: Sequence[bytes]) -> int:
    """Return the number that two rows of BITS grey values carry. Raises Unreadable."""
    upper, lower = ([value > _GREY for value in row] for row in rows)
    if len(upper) != BITS or any(one == other for one, other in zip(upper, lower, strict=True)):
        raise Unreadable
    return sum(1 << place for place, is_set in enumerate(upper) if is_set)


def read(segments: Sequence[Path]) -> list[Stretch]:
    """Decode segments as one transport stream; return what is shown and heard, one stretch for each clock."""
    frames: list[tuple[float, int]] = []
    sounds: list[_Sound] = []
    resampler = AudioResampler(format="s16", layout="mono")
    joined = BytesIO(b"".join(path.read_bytes() for path in segments))
    with av.open(joined, mode="r", format="mpegts") as container:
        for frame in container.decode(video=0, audio=0):
            assert isinstance(frame, VideoFrame | AudioFrame)
            assert frame.pts is not None
            assert frame.time_base is not None
            shown_at = float(frame.pts * frame.time_base)
            if isinstance(frame, VideoFrame):
                frames.append((shown_at, number(_rows(frame))))
            else:
                samples: array[int] = array("h")
                for piece in resampler.resample(frame):
                    samples.frombytes(bytes(piece.planes[0])[: 2 * piece.samples])
                sounds.append((shown_at, samples, frame.sample_rate))
    pictures, heard = list(_stretches(frames)), list(_stretches(sounds))
    return [
        Stretch(
            tuple(shown), tuple(_tones(sound)), (sound[0][0], sound[-1][0] + len(sound[-1][1]) / sound[-1][2])
        )
        for shown, sound in zip(pictures, heard, strict=True)
    ]


def _rows(frame: VideoFrame) -> list[bytes]:
    small = frame.reformat(width=BITS, height=2, format="gray", interpolation="AREA")
    plane = small.planes[0]
    content = bytes(plane)
    return [content[row * plane.line_size :][:BITS] for row in range(2)]


def _stretches(timed: Sequence[_Timed]) -> Iterator[Sequence[_Timed]]:
    """Yield what comes before and behind each place where the clock begins anew."""
    first = 0
    for place in range(1, len(timed)):
        if timed[place][0] < timed[place - 1][0]:
            yield timed[first:place]
            first = place
    yield timed[first:]


def _tones(sounds: Sequence[_Sound]) -> Iterator[float]:
    """Yield when tones begin. Before the first sample it was quiet only where a tone is not cut in two."""
    quiet = QUIET_SECONDS if _is_start(sounds) else 0.0
    for began, samples, rate in sounds:
        for place, value in enumerate(samples):
            if abs(value) > LOUD * _FULL_SCALE:
                if quiet >= QUIET_SECONDS:
                    yield began + place / rate
                quiet = 0.0
            else:
                quiet += 1 / rate


def _is_start(sounds: Sequence[_Sound]) -> bool:
    """Say whether this is the beginning of a package: its clock begins at ten seconds."""
    return sounds[0][0] < _FIRST_SECOND + QUIET_SECONDS

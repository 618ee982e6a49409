"""Films that tell the second in picture and sound, made of pieces of several formats, and how to read them.

The picture is one grey for each whole second; the sound one tone, which ends where its second does.
"""

import math
import subprocess
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from tests.support.builds import BUNDLED

FPS = 25
MOST = 20
"""Seconds that can be told from one another."""

RATE = 4000
WINDOW = RATE // 50
"""20 ms: as long as whole waves of all the tones, so that none is heard in another."""


CODING = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-bf", "2")


@dataclass(frozen=True)
class Piece:
    """A part of a film: so many seconds in this format. coding: of the picture; shape: of its pixels."""

    seconds: float
    size: str = "320x180"
    rate: int = 48_000
    layout: str = "stereo"
    sound: str = "aac"
    coding: tuple[str, ...] = CODING
    pixels: str = "yuv420p"
    shape: str = "1"


@dataclass(frozen=True)
class Told:
    """What is seen or heard. changes: each second with the time at which it begins; times: of all frames."""

    changes: tuple[tuple[int, float], ...]
    times: tuple[float, ...]

    @property
    def seconds(self) -> list[int]:
        return [second for second, _ in self.changes]

    @property
    def late(self) -> float:
        """By how much, at most, a second begins too soon or too late, in seconds."""
        return max(abs(at - second) for second, at in self.changes)


def film(path: Path, *pieces: Piece, has_one_clock: bool = True) -> Path:
    """Write a transport stream of `pieces`. has_one_clock: else each piece sets the clock anew."""
    begin = 0.0
    with path.open("wb") as whole:
        for piece in pieces:
            part = path.with_suffix(".part.ts")
            offset = 1.4 + begin if has_one_clock else 1.4
            subprocess.run(_command(piece, begin, offset, part), check=True, stdin=subprocess.DEVNULL)
            whole.write(part.read_bytes())
            begin += piece.seconds
    return path


def _command(piece: Piece, begin: float, offset: float, path: Path) -> list[str]:
    now = f"floor(t+{begin}+0.0001)"
    tone = f"0.3*sin(2*PI*(300+50*{now})*(t+{begin}))"
    grey = f"20+10*floor(T+{begin}+0.0001)"
    picture = f"nullsrc=s=16x16:r={FPS},geq=lum={grey}:cb=128:cr=128,scale={piece.size},setsar={piece.shape}"
    return [
        *(str(BUNDLED), "-v", "error", "-y", "-f", "lavfi", "-i", f"{picture},format={piece.pixels}"),
        *("-f", "lavfi", "-i", f"aevalsrc={tone}:s={piece.rate}:c=mono,aformat=cl={piece.layout}"),
        *("-t", str(piece.seconds), *piece.coding, "-c:a", piece.sound, "-ar", str(piece.rate)),
        *("-output_ts_offset", str(offset), "-muxdelay", "0", "-muxpreload", "0", "-f", "mpegts", str(path)),
    ]


def seen(path: Path) -> Told:
    """Read the picture; time begins with its first frame."""
    with av.open(str(path)) as container:
        frames = [
            (float(frame.time or 0), round((_grey(frame) - 20) / 10)) for frame in container.decode(video=0)
        ]
    times = [time - frames[0][0] for time, _ in frames]
    return Told(_changes(zip((second for _, second in frames), times, strict=True)), tuple(times))


def _grey(frame: VideoFrame) -> int:
    """Return how light its middle is: at its sides there may be black bars."""
    plane = frame.planes[0]
    return bytes(plane)[plane.height // 2 * plane.line_size + plane.width // 2]


def heard(path: Path) -> Told:
    """Read the sound; time begins with the first frame of the picture."""
    with av.open(str(path)) as container:
        begin = float(next(container.decode(video=0)).time or 0)
    samples, first = _samples(path)
    windows = range(0, len(samples) - WINDOW + 1, WINDOW)
    seconds = [_tone(samples[at : at + WINDOW]) for at in windows]
    times = [first - begin + at / RATE for at in windows]
    shown = [
        (second, time)
        for second, time in zip(_steady(seconds), times, strict=True)
        if time > -WINDOW / RATE / 2
    ]
    return Told(_changes(shown), tuple(times))


def _steady(told: Sequence[int]) -> Iterator[int]:
    """Yield what is told, but for what lasts one window only: that is the noise of a border."""
    last = told[0]
    for now, after in zip(told, (*told[1:], None), strict=True):
        last = now if now == after else last
        yield last


def _samples(path: Path) -> "tuple[array[int], float]":
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    samples, first = array("h"), None
    with av.open(str(path)) as container:
        for frame in [*container.decode(audio=0), None]:
            assert frame is None or isinstance(frame, AudioFrame)
            if first is None:
                first = float(frame.time or 0) if frame else 0.0
            for small in resampler.resample(frame):
                samples.frombytes(bytes(small.planes[0])[: 2 * small.samples])
    return samples, first or 0.0


def _tone(window: "Sequence[int]") -> int:
    """Return which second's tone is loudest; -1 in silence."""
    if max(map(abs, window)) < 500:
        return -1
    return max(range(MOST), key=lambda second: _loudness(window, 300 + 50 * second))


def _loudness(window: "Sequence[int]", frequency: int) -> float:
    """Return the power of a frequency (Goertzel)."""
    turn = 2 * math.cos(2 * math.pi * frequency / RATE)
    one = two = 0.0
    for sample in window:
        one, two = sample + turn * one - two, one
    return one * one + two * two - turn * one * two


def _changes(told: "Iterable[tuple[int, float]]") -> tuple[tuple[int, float], ...]:
    found: list[tuple[int, float]] = []
    for second, at in told:
        if not found or found[-1][0] != second:
            found.append((second, at))
    return tuple(found)

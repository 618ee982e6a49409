"""FFmpeg as a client that records what it plays, as restreamers do, and what its clock made of it."""

import subprocess
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

_HEADER = 13
_AUDIO, _VIDEO = 8, 9


@dataclass(frozen=True)
class Recording:
    """Decoding times of a Flash video's packets, in seconds, in file order. warnings: what FFmpeg said."""

    pictures: tuple[float, ...]
    sounds: tuple[float, ...]
    warnings: str

    @property
    def seconds(self) -> float:
        """What the clock made of it: the time between the first and the last picture."""
        return self.pictures[-1] - self.pictures[0]

    @property
    def longest_step(self) -> float:
        """The longest time between two packets of one track, and so the longest hole."""
        return max(
            after - before for track in (self.pictures, self.sounds) for before, after in pairwise(track)
        )


def record(ffmpeg: Path, url: str, *, first: int = 0, seconds: float = 3600) -> Recording:
    """Play the first variant of `url`, which may be a file, without decoding.

    first: number of the segment, in a live playlist as it is, to begin with. seconds: of the clock, to play.
    """
    with TemporaryDirectory() as folder:
        file = Path(folder) / "recording.flv"
        command = [str(ffmpeg), "-nostdin", "-hide_banner", "-loglevel", "warning"]
        command += ["-protocol_whitelist", "file,crypto,data,http,tcp", "-allowed_extensions", "ALL"]
        command += ["-live_start_index", str(first), "-i", url, "-map", "0:p:0:v", "-map", "0:p:0:a"]
        command += ["-c", "copy", "-t", str(seconds)]
        done = subprocess.run(
            [*command, "-f", "flv", str(file)], capture_output=True, text=True, timeout=120, check=True
        )
        return _read(file.read_bytes(), done.stderr)


def _read(data: bytes, warnings: str) -> Recording:
    """Read a Flash video: tags of type, size, milliseconds (the high byte last), stream and body."""
    times: dict[int, list[float]] = {_AUDIO: [], _VIDEO: []}
    at = _HEADER
    while at < len(data):
        kind, size = data[at], int.from_bytes(data[at + 1 : at + 4])
        milliseconds = data[at + 7] << 24 | int.from_bytes(data[at + 4 : at + 7])
        if kind in times and data[at + 12] == 1:  # not what the decoder needs to know, nor the end
            times[kind].append(milliseconds / 1000)
        at += 11 + size + 4
    return Recording(tuple(times[_VIDEO]), tuple(times[_AUDIO]), warnings)

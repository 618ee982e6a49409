"""Short videos for tests: a picture, a tone, and nothing that needs a font."""

import subprocess
from pathlib import Path

from tests.support.builds import BUNDLED
from tests.support.depth import by_depth
from tests.support.once import made_once

TONES = (330, 440, 550)

PICTURE = by_depth("smptehdbars", "testsrc2")
"""A picture that stands still is encoded in a fraction of the time, as often as the clips are packaged."""


def make_clips(shared: Path, *, seconds: int, count: int = 3) -> list[Path]:
    """Return `count` clips of 640x360 that differ in picture and tone: clip-0.mp4, clip-1.mp4, ...

    shared: a folder that all processes of a test run have in common; the clips are made once.
    """
    folder = shared / f"clips-of-{seconds}-s"
    folder.mkdir(exist_ok=True)
    return [_clip(folder / f"clip-{number}.mp4", seconds, number) for number in range(count)]


def _clip(path: Path, seconds: int, number: int) -> Path:
    picture = f"{PICTURE}=size=640x360:rate=25,hue=h={number * 90}"
    tone = f"sine=frequency={TONES[number % len(TONES)]}:sample_rate=48000"
    command = [str(BUNDLED), "-nostdin", "-loglevel", "error", "-y"]
    command += ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", tone, "-t", str(seconds)]
    command += ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    return made_once(path, lambda unfinished: subprocess.run([*command, str(unfinished)], check=True))

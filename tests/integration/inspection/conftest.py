"""Files made here for the inspection, with FFmpeg."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from insta_stream.media import stored
from insta_stream.media.ladder import LADDER
from insta_stream.media.memory import GIB
from insta_stream.media.model import Inspection, Plan
from insta_stream.media.plan import plan
from insta_stream.media.process import Limits

QUICK = Limits(wall_seconds=20, stall_seconds=10, memory_bytes=3 * GIB, cpu_seconds=10)

MOV = "mov,mp4,m4a,3gp,3g2,mj2"
"""What FFmpeg calls the format of MP4 and its kin."""

SOUND = ("-f", "lavfi", "-i", "sine=440:sample_rate=48000:duration=4")

Make = Callable[..., Path]


def picture(rate: str = "25", size: str = "640x360", seconds: float = 4) -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", f"testsrc2=size={size}:rate={rate}:duration={seconds}")


def h264(*options: str, gop: int = 50, profile: str = "main") -> tuple[str, ...]:
    fixed = ("-preset", "ultrafast", "-pix_fmt", "yuv420p", "-sc_threshold", "0", "-b:v", "300k")
    return ("-c:v", "libx264", *fixed, "-profile:v", profile, "-level", "3.0", "-g", str(gop), *options)


AAC = ("-c:a", "aac", "-ac", "2")


@pytest.fixture(scope="session")
def make(bundled_ffmpeg: Path, tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Return a function that runs FFmpeg with these arguments and returns the file it made."""
    folder = tmp_path_factory.mktemp("made")

    def run(name: str, *arguments: str) -> Path:
        path = folder / name
        if not path.exists():
            subprocess.run(
                [bundled_ffmpeg, "-v", "error", *arguments, path], check=True, stdin=subprocess.DEVNULL
            )
        return path

    return run


@pytest.fixture(scope="session")
def copyable(make: Make) -> Path:
    return make("copyable.mp4", *picture(), *SOUND, *h264(), *AAC)


def planned(found: Inspection, seconds: int = 2) -> Plan:
    made = plan(found, LADDER, seconds)
    assert stored.load_plan(stored.dump_plan(made)) == made
    return made

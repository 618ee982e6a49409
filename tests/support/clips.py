"""Short videos for tests: a colour that changes, a tone, and nothing that needs a font."""

import subprocess
from pathlib import Path

TONES = (330, 440, 550)


def make_clips(ffmpeg: Path, folder: Path, *, seconds: int, count: int = 3) -> list[Path]:
    """Make `count` clips of 640x360 that differ in picture and tone; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    return [_make(ffmpeg, folder / f"clip-{number}.mp4", seconds, number) for number in range(count)]


def _make(ffmpeg: Path, path: Path, seconds: int, number: int) -> Path:
    picture = f"testsrc2=size=640x360:rate=25,hue=h={number * 90}"
    tone = f"sine=frequency={TONES[number % len(TONES)]}:sample_rate=48000"
    command = [str(ffmpeg), "-nostdin", "-loglevel", "error", "-y"]
    command += ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", tone, "-t", str(seconds)]
    command += ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", str(path)]
    subprocess.run(command, check=True)
    return path

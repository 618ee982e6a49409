"""Videos to measure with, made by the bundled FFmpeg."""

import subprocess
from pathlib import Path

import imageio_ffmpeg

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()


def run(*arguments: str | Path) -> None:
    """Run FFmpeg."""
    quiet = (FFMPEG, "-hide_banner", "-loglevel", "error", "-nostdin", "-y")
    subprocess.run([*quiet, *map(str, arguments)], check=True)


def copyable(path: Path, seconds: int) -> Path:
    """Make a 720p file that can be cut without encoding: a key frame each second, a modest bitrate."""
    coding = (
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-g",
        "25",
        "-keyint_min",
        "25",
        "-sc_threshold",
        "0",
    )
    return _make(path, seconds, *coding, "-maxrate", "2000k", "-bufsize", "1000k")


def foreign(path: Path, seconds: int) -> Path:
    """Make a 720p file that has to be encoded, whatever the rung: MPEG-4 Visual with some noise."""
    return _make(path, seconds, "-c:v", "mpeg4", "-b:v", "3000k", "-g", "50", noise=6)


def longer(path: Path, clip: Path, times: int, seconds: int) -> Path:
    """Make a file that shows a clip of so many seconds many times, without encoding.

    Picture and sound go round apart: the sound lasts a little longer, and would leave a gap between the
    pictures each time, so that the file could not be cut.
    """
    round_and_round = ("-stream_loop", str(times - 1), "-i", clip)
    run(
        *round_and_round,
        *round_and_round,
        "-map",
        "0:v",
        "-map",
        "1:a",
        "-c",
        "copy",
        "-t",
        str(times * seconds),
        path,
    )
    return path


def _make(path: Path, seconds: int, *coding: str, noise: int = 0) -> Path:
    picture = f"testsrc2=s=1280x720:r=25{f',noise=alls={noise}:allf=t' if noise else ''}"
    sound = "sine=f=440:r=48000"
    run(
        *("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound, "-t", str(seconds), *coding),
        *("-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "96k", "-ac", "2", path),
    )
    return path

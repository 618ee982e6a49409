"""Where the figures were measured, and with what."""

import os
import platform
import subprocess
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from shutil import which

import imageio_ffmpeg

_PACKAGES = ("uvicorn", "uvloop", "fastapi", "imageio-ffmpeg", "av")


def machine() -> dict[str, str]:
    """Return facts of this machine and the versions of what takes part."""
    facts = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": f"{_model()}, {os.cpu_count()} cores",
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / (1 << 30):.0f} GiB",
        "kernel": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "commit": _words("git", "rev-parse", "--short", "HEAD"),
        "ffmpeg": _words(imageio_ffmpeg.get_ffmpeg_exe(), "-version").partition(" Copyright")[0],
        "a million turns of an empty loop": f"{_loop_milliseconds():.0f} ms",
        "load before": f"{os.getloadavg()[0]:.1f} processes wanted to run, other than ours",
    }
    facts |= {name: version(name) for name in _PACKAGES}
    if which("nginx"):
        facts["nginx"] = _words("nginx", "-v").rpartition("/")[2]
    return facts


def _loop_milliseconds() -> float:
    """Return how long Python takes for what is always the same: rates of two machines can be told apart."""
    began = time.perf_counter()
    for _ in range(1_000_000):
        pass
    return (time.perf_counter() - began) * 1000


def _model() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [text.partition(":")[2].strip() for text in lines if text.startswith("model name")]
    return names[0] if names else platform.machine()


def _words(*command: str) -> str:
    """Return the first line that a program says, on whichever of its outputs."""
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    return ((said.stdout or said.stderr).splitlines() or [""])[0]

"""The FFmpeg builds of this machine."""

import shutil
from pathlib import Path

import imageio_ffmpeg

BUNDLED = Path(imageio_ffmpeg.get_ffmpeg_exe())
"""The one that is installed with Insta-Stream."""

_found = shutil.which("ffmpeg")

SYSTEM = Path(_found) if _found else None
"""The operating system's, if it has one (Debian 12's is 5.1)."""

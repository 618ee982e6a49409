"""An FFmpeg that misbehaves when it is to package, as a file beside it says; else it is the real one."""

import sys
from pathlib import Path

from tests.support.depth import by_depth

CODE = """#!{python} -S
import os, signal, subprocess, sys, time
real, mode = {real!r}, open({mode!r}).read()
if "-progress" not in sys.argv or not mode:
    os.execv(real, [real, *sys.argv[1:]])
if mode == "fails":
    sys.exit("it fails")
if mode == "hangs":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    open({hanging!r}, "a").write(str(os.getpid()) + "\\n")
    while True:
        time.sleep(3600)
if mode == "floods":
    for _ in range({floods}):
        os.write(2, b"something is wrong, and I say so again and again\\n" * 1000)
    os.execv(real, [real, *sys.argv[1:]])
if mode == "grows":
    import mmap
    taken = []
    while True:
        taken.append(mmap.mmap(-1, 1 << 30))
"""


class BadFFmpeg:
    """path: the program. `behave` says how it behaves from now on."""

    def __init__(self, folder: Path, real: Path) -> None:
        self.path, self._mode, self._hanging = folder / "ffmpeg", folder / "mode", folder / "hanging"
        self.behave("")
        names = {"real": str(real), "mode": str(self._mode), "hanging": str(self._hanging)}
        self.path.write_text(CODE.format(python=sys.executable, floods=by_depth(200, 2000), **names))
        self.path.chmod(0o700)

    def behave(self, how: str) -> None:
        """how: "fails", "hangs" (ignores SIGTERM too), "floods" standard error, "grows" for ever, or ""."""
        self._mode.write_text(how)

    def hanging(self) -> list[int]:
        """Return the processes that have begun to hang, those that have ended meanwhile too."""
        return [int(line) for line in self._hanging.read_text().split()] if self._hanging.exists() else []

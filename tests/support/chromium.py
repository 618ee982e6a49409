"""One Chromium of each make for all processes of a test run; each test has pages of its own in it.

    python -m tests.support.chromium CHROMIUM FILE PID

starts it, writes its address into FILE, and ends it when the process PID has ended.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.support import processes
from tests.support.once import made_once
from tests.support.waiting import eventually

ROOT = Path(__file__).resolve().parents[2]

FLAGS = (
    "--no-sandbox",  # tests may run as root
    "--disable-gpu",
    "--disable-software-rasterizer",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
)

LOOKS_EVERY_SECONDS = 0.5
"""A process that is not our child tells nobody that it has ended."""

_files: set[Path] = set()
_watchers: list[subprocess.Popen[bytes]] = []


def address(program: Path, shared: Path) -> str:
    """Return where Playwright finds the browser of this run; the first process that asks starts it.

    shared: a folder that all processes of the run have in common.
    """

    def start(file: Path) -> None:
        command = [sys.executable, "-m", __name__, str(program), str(file), str(_first_process())]
        _watchers.append(subprocess.Popen(command, cwd=ROOT))
        eventually(file.exists, 60)

    file = made_once(shared / program.name, start)
    _files.add(file)
    return file.read_text().split()[1]


def family() -> set[int]:
    """Return the processes of the browser, as far as this process has asked for it."""
    return {pid for file in _files for pid in processes.family(int(file.read_text().split()[0]))}


def _first_process() -> int:
    """Return the process of this run that ends last."""
    return os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()


def main(program: str, file: Path, first: int) -> None:
    """Run the browser for as long as the process `first` runs."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as options:
        json.dump({"executablePath": program, "args": FLAGS, "host": "127.0.0.1"}, options)
        options.flush()
        command = [sys.executable, "-m", "playwright", "launch-server"]
        command += ["--browser", "chromium", "--config", options.name]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert server.stdout is not None
        url = server.stdout.readline().strip()
    unfinished = file.with_name(f"{file.name}.new")
    unfinished.write_text(f"{os.getpid()} {url}")
    unfinished.rename(file)
    while processes.is_running(first) and server.poll() is None:
        time.sleep(LOOKS_EVERY_SECONDS)
    processes.end(server.pid)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))

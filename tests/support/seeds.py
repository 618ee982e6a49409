"""Data folders that have a slate already: to make one takes seconds, and minutes on a busy machine.

    python -m tests.support.seeds FOLDER RUNG...

makes such a folder. Its slate is short, as are those of tests that run a library by themselves.
"""

import asyncio
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support.libraries import make_short_slate, open_library, slate_settled
from tests.support.once import made_once

from insta_stream.library import slate
from insta_stream.media.ladder import LADDER

ROOT = Path(__file__).resolve().parents[2]

_kept_in: list[Path] = []


def keep_in(shared: Path) -> None:
    """Let `plant` work, and keep its seeds in a folder that all processes of a test run have in common."""
    _kept_in[:] = [shared]


def plant(data: Path, rungs: str) -> None:
    """Put a seed where a server is about to begin a data folder. rungs: as the setting has them, "" for all.

    Leaves what is there already, and does nothing outside of a test run.
    """
    if not _kept_in or (data.exists() and any(data.iterdir())):
        return
    shutil.copytree(_seed(_kept_in[0], rungs), data, dirs_exist_ok=True)


def _seed(shared: Path, rungs: str) -> Path:
    names = [rung.name for rung in LADDER if not rungs or rung.name in rungs.split(",")]
    command = [sys.executable, "-m", __name__]
    return made_once(
        shared / f"seed-{'-'.join(names)}",
        lambda path: subprocess.run([*command, str(path), *names], check=True, cwd=ROOT),
    )


async def _make(folder: Path, names: tuple[str, ...]) -> None:
    vars(slate)["make_slate"] = make_short_slate
    async with open_library(folder, ladder=tuple(rung for rung in LADDER if rung.name in names)) as library:
        await slate_settled(library)


if __name__ == "__main__":
    asyncio.run(_make(Path(sys.argv[1]), tuple(sys.argv[2:])))

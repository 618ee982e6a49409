"""Data folders that a test run makes once and copies: to package anything takes seconds.

    python -m tests.support.seeds FOLDER RUNG[,RUNG] [CLIP...]

makes one, with a slate, and with the clips as videos. Its slate is short, as are those of tests that run a
library by themselves. Folders are copied file by file: with hard links, a test that spoils a segment would
spoil it for all.
"""

import asyncio
import shutil
import subprocess
import sys
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from tests.support.libraries import make_short_slate, open_library, settled, slate_settled
from tests.support.once import made_once

from insta_stream.media.ladder import LADDER
from insta_stream.work import slate

ROOT = Path(__file__).resolve().parents[2]

_kept_in: list[Path] = []


def keep_in(shared: Path) -> None:
    """Let `plant` work, and keep its seeds in a folder that all processes of a test run have in common."""
    _kept_in[:] = [shared]


def plant(data: Path, rungs: str, clips: Sequence[Path] = ()) -> Path:
    """Put a seed where a server is about to begin a data folder; return the folder.

    rungs: as the setting has them, "" for all. clips: the videos that are in the library, packaged; in no
    playlist. Leaves what is there already, and does nothing outside of a test run.
    """
    if _kept_in and not (data.exists() and any(data.iterdir())):
        shutil.copytree(_seed(_kept_in[0], rungs, clips), data, dirs_exist_ok=True)
    return data


def _seed(shared: Path, rungs: str, clips: Sequence[Path]) -> Path:
    names = ",".join(rung.name for rung in LADDER if not rungs or rung.name in rungs.split(","))
    key = sha256("\n".join([names, *map(str, clips)]).encode()).hexdigest()[:12]
    command = [sys.executable, "-m", __name__]
    return made_once(
        shared / f"seed-{key}",
        lambda path: subprocess.run([*command, str(path), names, *map(str, clips)], check=True, cwd=ROOT),
    )


async def _make(folder: Path, names: list[str], clips: list[Path]) -> None:
    vars(slate)["make_slate"] = make_short_slate
    async with open_library(folder, ladder=tuple(rung for rung in LADDER if rung.name in names)) as library:
        for clip in clips:
            await settled(library, (await library.adopt(clip, clip.name)).id)
        await slate_settled(library)


if __name__ == "__main__":
    asyncio.run(_make(Path(sys.argv[1]), sys.argv[2].split(","), [Path(each) for each in sys.argv[3:]]))

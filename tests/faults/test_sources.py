"""The original of a video vanishes, shrinks or changes while it is packaged."""

import asyncio
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.depth import by_depth
from tests.support.ledger import Ledger
from tests.support.libraries import make_clip
from tests.support.operator import Operator
from tests.support.ordeal import watched
from tests.support.station import Station
from tests.support.waiting import eventually, until

LONG_SECONDS = by_depth(12, 24)


@pytest.fixture(scope="module")
def film(shared: Path) -> Path:
    """A video that takes a few seconds to encode."""
    return make_clip(shared / f"film-{os.getpid()}.mp4", LONG_SECONDS)


def delete(original: Path) -> None:
    original.unlink()


def truncate(original: Path) -> None:
    os.truncate(original, original.stat().st_size // 2)


def overwrite(original: Path) -> None:
    """Write noise over the second half."""
    size = original.stat().st_size
    with original.open("r+b") as file:
        file.seek(size // 2)
        file.write(random.Random(1).randbytes(size // 2))  # noqa: S311


@pytest.mark.parametrize("ruin", [delete, truncate, overwrite])
async def test_a_ruined_original_ends_its_job_and_nothing_else(
    station: Station, film: Path, ledger: Ledger, ruin: Callable[[Path], None]
) -> None:
    entry = ledger.of(f"original under a job: {ruin.__name__}")
    operator = Operator(station, film, random.Random(1))  # noqa: S311
    async with watched(station, entry):
        video = await operator.upload()
        assert video is not None
        await until(lambda: bool(station.children("/attempt-")))
        ruin(station.data / "uploads" / video)
        entry.times += 1

        def settled() -> dict[str, str] | None:
            (found,) = [each for each in station.videos() if each["id"] == video]
            return found if found["state"] in {"ready", "failed"} else None

        ended = await asyncio.to_thread(eventually, settled, 120)
        is_whole = ended["state"] == "ready" and not ended["cautions"]
        assert is_whole or ended["cautions"] or ended["error"], ended
        await until(lambda: not list((station.data / "stream" / ".work").glob("*/*")))
    operator.check_nothing_is_lost()

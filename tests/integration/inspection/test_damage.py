"""Damaged, cut off and hollow files: an inspection or a refusal, nothing else."""

import os
import random
from pathlib import Path

import pytest
from tests.integration.inspection.conftest import QUICK, Make, planned
from tests.support.depth import by_depth

from insta_stream.errors import NotAVideo
from insta_stream.media.inspect import inspect
from insta_stream.media.process import Limits
from insta_stream.ticks import seconds, to_seconds

CODES_OF_DAMAGE = (
    "not_media",
    "damaged",
    "incomplete",
    "unfinished_recording",
    "zeroes",
    "bare_stream",
    "no_picture",
    "no_frames",
    "undecodable",
    "unreadable",
    "too_long",
    "too_thin",
)


@pytest.mark.parametrize(("every", "is_too_thin"), [(1700, False), (7200, True)])
async def test_hours_that_come_of_nothing_are_refused(make: Make, every: int, *, is_too_thin: bool) -> None:
    still = ("-f", "lavfi", "-i", f"color=s=64x64:r=1/{every}", "-frames:v", "2", "-c:v", "mpeg4")
    path = make(f"still-{every}.mkv", *still)
    if not is_too_thin:
        assert (await inspect(path)).duration == seconds(2 * every)
        return
    with pytest.raises(NotAVideo, match="claims to last 4 hours but has only 2 kB") as refusal:
        await inspect(path)
    assert refusal.value.code == "too_thin"


async def outcome(path: Path) -> str:
    """Inspect within limits; nothing but an Inspection or a NotAVideo may come of it."""
    try:
        planned(await inspect(path, limits=QUICK))
    except NotAVideo as refusal:
        return refusal.code
    return "accepted"


@pytest.mark.parametrize("container", ["mp4", "mkv", "ts", "avi", "flv", "mpg"])
async def test_damaged_files_end_in_an_inspection_or_a_refusal(
    make: Make, copyable: Path, tmp_path: Path, container: str
) -> None:
    codecs = ("-c:v", "mpeg2video", "-c:a", "mp2") if container == "mpg" else ("-c", "copy")
    source = make(f"copyable.{container}", "-i", str(copyable), *codecs) if container != "mp4" else copyable
    data, chance = source.read_bytes(), random.Random(container)  # noqa: S311 - repeatable damage
    path = tmp_path / "damaged"
    outcomes = []
    for _ in range(by_depth(2, 8)):
        path.write_bytes(data[: chance.randrange(len(data))])
        outcomes.append(await outcome(path))
    for flips in by_depth((10, 1000), (1, 10, 100, 1000)):
        damaged = bytearray(data)
        for _ in range(flips):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        path.write_bytes(damaged)
        outcomes.append(await outcome(path))
    damaged = bytearray(data)
    for position in range(0, 2000, 7):  # the headers
        damaged[position] = chance.randrange(256)
    path.write_bytes(damaged)
    outcomes.append(await outcome(path))
    assert set(outcomes) <= {"accepted", *CODES_OF_DAMAGE}


async def test_a_cut_off_file_is_accepted_with_a_caution(make: Make, copyable: Path, tmp_path: Path) -> None:
    data = make("faststart.mp4", "-i", str(copyable), "-c", "copy", "-movflags", "+faststart").read_bytes()
    (tmp_path / "half").write_bytes(data[: len(data) // 2])
    found = await inspect(tmp_path / "half")
    assert "truncated" in {caution.code for caution in found.cautions}
    assert 1 < to_seconds(found.duration) < 3


@pytest.mark.parametrize("more", [("-output_ts_offset", "500"), ("-t", "9")])
async def test_a_whole_file_is_not_called_cut_off(make: Make, more: tuple[str, ...]) -> None:
    """Matroska says one length: from 0, wherever the file begins, to the end of the longer track."""
    sources = ("-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=3", "-f", "lavfi", "-i", "sine")
    found = await inspect(make("whole.mkv", *sources, "-t", "3", *more))
    assert "truncated" not in {caution.code for caution in found.cautions}
    assert round(to_seconds(found.duration)) == 3


@pytest.mark.parametrize("kind", ["mkv", "flv"])
async def test_a_cut_off_file_with_one_length_is_noticed(make: Make, tmp_path: Path, kind: str) -> None:
    sources = ("-f", "lavfi", "-i", "testsrc2=s=320x180:r=25", "-f", "lavfi", "-i", "sine", "-t", "8")
    data = make(f"whole.{kind}", *sources).read_bytes()
    (tmp_path / "half").write_bytes(data[: len(data) // 2])
    assert "truncated" in {caution.code for caution in (await inspect(tmp_path / "half")).cautions}


async def test_a_reading_that_hangs_is_ended_and_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "endless")
    with pytest.raises(NotAVideo, match="inspecting it took too long") as refusal:
        await inspect(tmp_path / "endless", limits=Limits(stall_seconds=1))
    assert refusal.value.code == "unreadable"

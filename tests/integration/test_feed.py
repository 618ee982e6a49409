"""A program that is fed by another, with both ending in each way."""

import asyncio
from pathlib import Path

import pytest
from tests.support.waiting import until

from insta_stream.media.feed import Programs
from insta_stream.media.process import Limits, ProcessFailed, ignore_line

LIMITS = Limits(wall_seconds=20, stall_seconds=20, grace_seconds=0.3, nice=0)
READ = 'cat "$1" > "$2" && echo >> "$2"'


def shell(script: str, *arguments: Path) -> list[str]:
    return ["/bin/sh", "-c", script, "sh", *map(str, arguments)]


async def run(program: str, feeder: str, folder: Path) -> str:
    """Run both and return what the program wrote."""
    pipe, out = folder / "pipe", folder / "out"
    programs = Programs(shell(program, pipe, out), shell(feeder, pipe) if feeder else (), pipe)
    await programs.run(limits=LIMITS, on_line=ignore_line)
    assert not pipe.exists()
    return out.read_text()


async def test_the_program_reads_what_its_feeder_writes(tmp_path: Path) -> None:
    assert await run(READ, 'echo one > "$1"; echo two > "$1"', tmp_path) == "one\ntwo\n\n"


async def test_a_program_may_have_no_feeder(tmp_path: Path) -> None:
    assert await run('echo alone > "$2"', "", tmp_path) == "alone\n"


async def test_what_a_failed_feeder_wrote_is_not_taken_for_the_whole(tmp_path: Path) -> None:
    with pytest.raises(ProcessFailed) as caught:
        await run(READ, 'echo one > "$1"; exit 3', tmp_path)
    assert caught.value.status == 3
    assert not (tmp_path / "pipe").exists()
    out = tmp_path / "out"
    assert not (out.exists() and "\n\n" in out.read_text())


async def test_a_program_that_wants_no_more_ends_its_feeder(tmp_path: Path) -> None:
    assert await run('head -c 2 "$1" > "$2"', 'yes > "$1"', tmp_path) == "y\n"


async def test_a_program_that_fails_ends_its_feeder(tmp_path: Path) -> None:
    with pytest.raises(ProcessFailed) as caught:
        await run("exit 4", 'yes > "$1"', tmp_path)
    assert caught.value.status == 4


async def test_both_end_when_nobody_waits_any_longer(tmp_path: Path) -> None:
    running = asyncio.create_task(run(READ, 'yes > "$1"', tmp_path))
    out = tmp_path / "out"
    await until(lambda: out.exists() and out.stat().st_size > 0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not (tmp_path / "pipe").exists()

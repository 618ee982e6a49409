"""How many workers `auto` means."""

import os
from pathlib import Path

import pytest

from insta_stream.cli.cores import cores, counted


@pytest.fixture
def groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a system with eight cores says what a process in the group `/a/b` may use."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "own").write_text("0::/a/b\n")
    return tmp_path


def test_without_limits_all_cores_are_used(groups: Path) -> None:
    (groups / "a" / "b" / "cpu.max").write_text("max 100000\n")
    assert cores(groups, groups / "own") == 8
    assert cores(groups, groups / "nowhere") == 8


@pytest.mark.parametrize(("limit", "count"), [("200000", 2), ("150000", 2), ("10000", 1), ("9900000", 8)])
def test_a_group_is_given_less(groups: Path, limit: str, count: int) -> None:
    (groups / "a" / "cpu.max").write_text(f"{limit} 100000\n")
    assert cores(groups, groups / "own") == count


def test_a_container_sees_its_own_group_as_the_root(groups: Path) -> None:
    (groups / "own").write_text("0::/\n")
    (groups / "cpu.max").write_text("300000 100000\n")
    assert cores(groups, groups / "own") == 3


def test_whoever_says_a_number_gets_it() -> None:
    assert counted("7") == 7
    assert counted("auto") == min(64, cores())

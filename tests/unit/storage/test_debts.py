"""Who asks how often, as several processes know it."""

import errno
import os
from pathlib import Path
from typing import NoReturn

import pytest

from insta_stream.pace import Debts, OwnDebts, Pace
from insta_stream.storage import debts as module
from insta_stream.storage.debts import SharedDebts


@pytest.fixture(params=["own", "shared"])
def debts(request: pytest.FixtureRequest, tmp_path: Path) -> Debts:
    return OwnDebts() if request.param == "own" else SharedDebts(tmp_path / "debts", "test")


def test_who_was_noted_is_known(debts: Debts) -> None:
    assert debts.until("anna") == 0
    debts.note("anna", 7.5)
    debts.note("ben", 9.0)
    debts.note("anna", 8.5)
    assert [debts.until(who) for who in ("anna", "ben", "\ud800", "")] == [8.5, 9.0, 0, 0]


def test_ten_thousand_are_told_apart(debts: Debts) -> None:
    ends = {f"10.0.{number // 256}.{number % 256}": 1.0 + number for number in range(10_000)}
    for who, until in ends.items():
        debts.note(who, until)
    assert sum(debts.until(who) == until for who, until in ends.items()) > 9_990


def test_what_one_process_noted_the_others_know_and_purposes_are_apart(tmp_path: Path) -> None:
    here, there = (SharedDebts(tmp_path / "debts", "test") for _ in range(2))
    here.note("anna", 5.0)
    assert there.until("anna") == 5.0
    there.note("anna", 6.0)
    assert here.until("anna") == 6.0
    assert SharedDebts(tmp_path / "debts", "other").until("anna") == 0
    assert b"anna" not in (tmp_path / "debts").read_bytes()


def test_who_owes_for_the_shortest_time_gives_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PLACES", 1)
    debts = SharedDebts(tmp_path / "debts", "test")
    ends = {f"{number}": float(number + 1) for number in range(module.SEATS + 3)}
    for who in sorted(ends, key=lambda each: (int(each) * 7) % len(ends)):
        debts.note(who, ends[who])
    known = {who for who in ends if debts.until(who)}
    assert len(known) == module.SEATS
    assert {"10", "9", "8"} <= known


def test_what_cannot_be_written_is_counted_by_each_process_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    pace = Pace(1, SharedDebts(tmp_path / "no" / "folder", "test"))
    assert [pace.wait("anna") for _ in range(2)] == [0, 60]
    here, there = (Pace(1, SharedDebts(tmp_path / "debts", "test")) for _ in range(2))
    monkeypatch.setattr(os, "pwrite", full)
    assert [here.wait("anna"), there.wait("anna"), here.wait("anna")] == [0, 0, 60]
    monkeypatch.undo()
    assert [here.wait("anna"), there.wait("ben"), here.wait("ben")] == [60, 0, 60]


def test_what_is_left_of_an_earlier_start_of_the_machine_keeps_nobody_out(tmp_path: Path) -> None:
    debts = SharedDebts(tmp_path / "debts", "test")
    debts.note("anna", 1e6)
    now = 100.0
    pace = Pace(1, debts, lambda: now)
    assert [pace.wait("anna") for _ in range(2)] == [0, 60]


def test_a_damaged_file_keeps_nobody_out_for_long(tmp_path: Path) -> None:
    (tmp_path / "debts").write_bytes(b"\xff" * 100)  # no numbers
    debts = SharedDebts(tmp_path / "debts", "test")
    for number in range(1000):
        assert Pace(1, debts).wait(f"{number}") == 0

"""Threads that compute long do it in turns."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest

from insta_stream import turns
from insta_stream.turns import REST_SECONDS, TURN_SECONDS, Turns


class Rests:
    """Stands for the sleep: takes note of how long each lasts."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seconds: list[float] = []
        monkeypatch.setattr(turns.time, "sleep", self.seconds.append)


def worked(seconds: float, items: int) -> Iterator[int]:
    """Yield items, each of which takes some processor time."""
    for number in range(items):
        began = time.thread_time()
        while time.thread_time() - began < seconds:
            pass
        yield number


def test_a_thread_rests_after_each_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    rests = Rests(monkeypatch)
    assert list(Turns().over(worked(TURN_SECONDS / 2, 20))) == list(range(20))
    assert 5 <= len(rests.seconds) <= 20
    assert all(each > 0 for each in rests.seconds)


def test_what_takes_no_time_needs_no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    rests = Rests(monkeypatch)
    assert list(Turns().over("few")) == list("few")
    assert not rests.seconds


def test_another_thread_may_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    rests = Rests(monkeypatch)
    items = Turns().over(worked(TURN_SECONDS, 4))
    with ThreadPoolExecutor(1) as other:
        found = [next(items), *other.submit(list, items).result()]
    assert found == [0, 1, 2, 3]
    assert 3 <= len(rests.seconds) <= 4


def test_turns_of_threads_follow_one_another() -> None:
    plan = Turns()
    begun: list[float] = []
    starting = threading.Barrier(4)

    def take() -> None:
        starting.wait()
        begun.extend(plan._begin() for _ in range(25))

    with ThreadPoolExecutor(4) as threads:
        for future in [threads.submit(take) for _ in range(4)]:
            future.result()
    gaps = [after - before for before, after in pairwise(sorted(begun))]
    assert len(begun) == 100
    assert min(gaps) > 0.999 * (TURN_SECONDS + REST_SECONDS)


def test_a_turn_begins_after_a_rest_and_not_in_the_past() -> None:
    plan = Turns()
    before = time.monotonic()
    assert plan._begin() >= before + REST_SECONDS

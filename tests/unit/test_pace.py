"""How fast each may ask."""

from insta_stream import pace
from insta_stream.pace import OwnDebts, Pace


class Stopwatch:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def test_as_many_as_in_a_minute_come_at_once_and_then_one_at_a_time() -> None:
    watch = Stopwatch()
    paced = Pace(30, now=watch)
    assert [paced.wait("a") for _ in range(30)] == [0] * 30
    assert [paced.wait("a") for _ in range(3)] == [2] * 3  # what is refused puts nothing off
    watch.seconds += 2
    assert [paced.wait("a"), paced.wait("a")] == [0, 2]
    watch.seconds += 3600
    assert [paced.wait("a") for _ in range(31)] == [0] * 30 + [2]


def test_each_is_counted_alone() -> None:
    paced = Pace(1, now=Stopwatch())
    assert [paced.wait(who) for who in "aba"] == [0, 0, 60]


def test_a_pause_is_of_whole_seconds() -> None:
    paced = Pace(600_000, now=Stopwatch())
    assert {paced.wait("a") for _ in range(600_010)} == {0, 1}


def test_memory_is_bounded_and_who_asks_on_is_not_forgotten() -> None:
    debts = OwnDebts()
    paced = Pace(1, debts, Stopwatch())
    for number in range(pace.MOST + 100):
        paced.wait("busy")
        paced.wait(str(number))
    assert len(debts) == pace.MOST
    assert paced.wait("busy") == 60
    assert paced.wait("0") == 0

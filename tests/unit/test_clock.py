from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.properties import thorough

from insta_stream.clock import SLEW, Clock, span
from insta_stream.ticks import TICKS_PER_SECOND

SECOND = 1_000_000_000


@dataclass
class Hands:
    """A wall clock that can be set, and a monotonic one that cannot."""

    running: int = 0
    offset: int = field(default=1_800_000_000 * SECOND)

    def wall(self) -> int:
        return self.running + self.offset

    def monotonic(self) -> int:
        return self.running


def make() -> tuple[Hands, Clock]:
    hands = Hands()
    return hands, Clock(wall_ns=hands.wall, monotonic_ns=hands.monotonic)


def test_it_tells_the_wall_clocks_time() -> None:
    hands, clock = make()
    hands.running += 90 * SECOND
    assert clock.now() == (1_800_000_000 + 90) * TICKS_PER_SECOND


@thorough
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(-3600, 3600)), max_size=30))
def test_it_never_falls_and_never_jumps(steps: list[tuple[int, int]]) -> None:
    hands, clock = make()
    before = clock.now()
    for elapsed, step in steps:
        hands.running += elapsed * SECOND
        hands.offset += step * SECOND
        now = clock.now()
        assert elapsed * (1 - 1 / SLEW) - 1e-3 <= (now - before) / TICKS_PER_SECOND
        assert (now - before) / TICKS_PER_SECOND <= elapsed * (1 + 1 / SLEW) + 1e-3
        before = now


def test_a_step_is_made_good_little_by_little() -> None:
    hands, clock = make()
    hands.offset += 10 * SECOND
    assert clock.drift_seconds() == 10
    for _ in range(10 * SLEW):
        hands.running += SECOND
        clock.now()
    assert clock.drift_seconds() == 0


@thorough
@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 3000), st.integers(-90_000, 90_000)), min_size=1),
)
def test_no_restart_begins_earlier_than_what_was_told(steps: list[tuple[bool, int, int]]) -> None:
    hands, kept = Hands(), [0]
    clock = Clock(wall_ns=hands.wall, monotonic_ns=hands.monotonic, reserve=kept.append)
    before = clock.now()
    for restarts, elapsed_ms, step_ms in steps:
        hands.running += elapsed_ms * 1_000_000
        hands.offset += step_ms * 1_000_000
        if restarts:
            clock = Clock(
                wall_ns=hands.wall, monotonic_ns=hands.monotonic, not_before_ns=kept[-1], reserve=kept.append
            )
        now = clock.now()
        assert now >= before
        before = now


def test_a_restart_that_takes_a_second_begins_on_time() -> None:
    hands, kept = Hands(), [0]
    Clock(wall_ns=hands.wall, monotonic_ns=hands.monotonic, reserve=kept.append).now()
    hands.running += SECOND
    again = Clock(wall_ns=hands.wall, monotonic_ns=hands.monotonic, not_before_ns=kept[-1])
    assert again.drift_seconds() == 0


def test_time_is_reserved_twice_a_second_at_most() -> None:
    hands, kept = Hands(), [0]
    clock = Clock(wall_ns=hands.wall, monotonic_ns=hands.monotonic, reserve=kept.append)
    for _ in range(1000):
        hands.running += SECOND // 100
        clock.now()
    assert len(kept) <= 22


def test_the_clock_is_not_behind_because_nobody_asked_it() -> None:
    hands = Hands()
    clock = Clock(wall_ns=hands.wall, monotonic_ns=hands.monotonic)
    clock.now()
    hands.running += 100 * SECOND
    assert clock.drift_seconds() == 0
    hands.offset -= 3 * SECOND
    assert clock.drift_seconds() == -3


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "0 seconds"),
        (-119.6, "120 seconds"),
        (120, "2 minutes"),
        (-7199, "120 minutes"),
        (7201, "2 hours"),
        (400 * 86_400, "400 days"),
        (-8000 * 86_400, "22 years"),
    ],
)
def test_a_length_of_time_is_said_in_units_that_one_can_picture(seconds: float, words: str) -> None:
    assert span(seconds) == words

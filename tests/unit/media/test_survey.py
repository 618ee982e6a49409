from dataclasses import dataclass
from fractions import Fraction
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from insta_stream.media.survey import Clock

BASES = (Fraction(1, 90_000), Fraction(1, 1000), Fraction(1001, 30_000))


@dataclass
class Packet:
    stream_index: int
    pts: int | None
    dts: int | None
    duration: int | None

    @property
    def time_base(self) -> Fraction:
        return BASES[self.stream_index]


@st.composite
def packets(draw: st.DrawFn) -> list[Packet]:
    """Packets of three tracks that go on, jitter, and jump now and then."""
    found = []
    now = Fraction(draw(st.integers(0, 1000)))
    steps = st.sampled_from([0.04, 0.04, 0.0, -0.05, -0.1, -0.11, 9.9, 10.0, 10.1, 500.0, -500.0, None])
    for step in draw(st.lists(steps, min_size=1, max_size=40)):
        index = draw(st.integers(0, 2))
        now = max(Fraction(0), now + Fraction(step or 0).limit_denominator(1000))
        dts = round(now / BASES[index]) + draw(st.integers(-1, 1))
        ahead = draw(st.sampled_from([0, 0, 3, None]))
        duration = draw(st.sampled_from([0, 40, None]))
        found.append(
            Packet(index, None if ahead is None else dts + ahead, None if step is None else dts, duration)
        )
    return found


@given(packets())
def test_whole_numbers_find_the_jumps_that_seconds_find(found: list[Packet]) -> None:
    """In seconds: a new clock where time goes on by more than ten, or back by more than a tenth."""
    clock = Clock(is_broadcast=True)
    offset, is_new = Fraction(0), False
    last: dict[int, int] = {}
    expected: dict[int, int] = {}
    for packet in found:
        told = clock.read(cast(Any, packet))
        if packet.dts is None:
            assert told == (packet.pts, None)
            continue
        base, index = packet.time_base, packet.stream_index
        time = packet.dts + int(offset / base)
        ahead = abs(time - expected.get(index, time)) * base
        back = (last.get(index, time) - time) * base
        if ahead > 10 or back > Fraction(1, 10):
            is_new = True
            offset += (expected[index] - time) * base
        shift = int(offset / base)
        last[index] = packet.dts + shift
        expected[index] = last[index] + (packet.duration or 0)
        pts = packet.dts if packet.pts is None else packet.pts
        assert told == (pts + shift, packet.dts + shift)
    assert clock.is_new == is_new


def test_only_a_broadcast_has_a_clock() -> None:
    clock = Clock(is_broadcast=False)
    assert [clock.read(cast(Any, Packet(0, None, dts, 1))) for dts in (0, 10**9)] == [(0, 0), (10**9, 10**9)]
    assert not clock.is_new

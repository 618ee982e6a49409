from bisect import bisect_right
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insta_stream.ticks import Ticks
from insta_stream.timeline.table import SegmentTable

durations = st.lists(st.integers(1, 5).map(Ticks), min_size=1, max_size=40)


@given(durations)
def test_the_closed_form_equals_the_list(parts: list[Ticks]) -> None:
    table = SegmentTable.of(parts)
    starts = list(accumulate(parts, initial=0))
    assert list(table) == parts
    assert (table.count, table.length) == (len(parts), sum(parts))
    assert [table.start(n) for n in range(len(parts) + 1)] == starts
    assert [table.duration(n) for n in range(len(parts))] == parts
    assert [table.at(Ticks(t)) for t in range(table.length)] == [
        bisect_right(starts, t) - 1 for t in range(table.length)
    ]


def test_equal_parts_take_one_stretch() -> None:
    assert SegmentTable.of([Ticks(7)] * 3600).stretches == ((3600, Ticks(7)),)


@pytest.mark.parametrize("stretches", [(), ((0, 5),), ((2, 0),), ((1, -3),)])
def test_nonsense_is_refused(stretches: tuple[tuple[int, Ticks], ...]) -> None:
    with pytest.raises(ValueError, match="segment table"):
        SegmentTable(stretches)


@pytest.mark.parametrize("number", [-1, 3])
def test_outside_is_an_error(number: int) -> None:
    table = SegmentTable.of([Ticks(5)] * 2)
    with pytest.raises(IndexError):
        table.start(number)
    with pytest.raises(IndexError):
        table.duration(number)
    with pytest.raises(IndexError):
        table.at(Ticks(number * 5))

from hypothesis import given
from hypothesis import strategies as st
from tests.support.properties import thorough

from insta_stream.channels.absent import Absent, parted, woven
from insta_stream.ids import EntryId, VideoId
from insta_stream.timeline.timeline import Entry


def entries(names: str) -> tuple[Entry, ...]:
    return tuple(Entry(EntryId(name), VideoId(name)) for name in names)


def absent(*places: str) -> tuple[Absent, ...]:
    """Return absent entries: "ab" is `b` after `a`, "b" is `b` at the top."""
    return tuple(Absent(*entries(place[-1]), EntryId(place[0]) if place[1:] else None) for place in places)


def test_an_entry_comes_back_after_what_it_followed_and_last_when_that_is_gone() -> None:
    assert woven(entries("ac"), absent("ab")) == entries("abc")
    assert woven(entries("bc"), absent("a")) == entries("abc")
    assert woven(entries("ca"), absent("ab", "bx")) == entries("cabx")
    assert woven(entries("cd"), absent("ab", "bx")) == entries("cdbx")
    assert woven(entries("ab"), absent("ab")) == entries("ab")


@thorough
@given(st.permutations("abcdef"), st.lists(st.sampled_from("abcdef"), max_size=12))
def test_whatever_leaves_and_comes_back_in_whatever_order_is_where_it_was(
    order: list[str], toggled: list[str]
) -> None:
    whole = entries("".join(order))
    present, gone, away = whole, (), set[str]()
    for name in toggled:
        away ^= {name}
        here = frozenset(order) - away
        present, gone = parted(woven(present, gone), here.__contains__, lambda _: True)
        assert {entry.video for entry in present} == here
    assert woven(present, gone) == whole

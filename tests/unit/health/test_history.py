import pytest
from hypothesis import given
from hypothesis import strategies as st

from insta_stream.health import history as module
from insta_stream.health.history import NUMBERS, History, packed
from insta_stream.health.series import Series
from insta_stream.ids import ChannelSlug
from insta_stream.ticks import TICKS_PER_SECOND, Ticks

BEGIN = Ticks(1_795_464_000 * TICKS_PER_SECOND)
DAY = 86_400

values = st.none() | st.floats(0, 2**40, width=32)
moments = st.lists(
    st.tuples(
        st.integers(0, 2 * DAY),
        st.fixed_dictionaries(dict.fromkeys(NUMBERS, values)),
        st.dictionaries(st.sampled_from("abc").map(ChannelSlug), st.integers(1, 1000)),
    ),
    max_size=8,
)


def later(seconds: int) -> Ticks:
    return Ticks(BEGIN + seconds * TICKS_PER_SECOND)


def after(history: History, now: Ticks) -> History:
    """Return what a server remembers that is started after the one with this history."""
    loaded = History()
    loaded.load(packed(history.dump()), now)
    return loaded


def shown(history: History, now: Ticks) -> tuple[object, ...]:
    audiences = (history.audience(ChannelSlug(slug), Ticks(0), now) for slug in "abc")
    return (history.numbers(Ticks(0), now), *audiences)


@given(moments)
def test_a_restart_changes_nothing_in_what_is_remembered(moments: list[tuple[int, dict, dict]]) -> None:
    history, now = History(), later(2 * DAY)
    for at, numbers, viewers in sorted(moments, key=lambda moment: moment[0]):
        history.put(later(at), numbers, viewers)
    loaded = after(history, now)
    assert shown(loaded, now) == shown(history, now)
    for each in (history, loaded):
        each.put(now, dict.fromkeys(NUMBERS, 1.0), {ChannelSlug("a"): 1})
    assert shown(loaded, now) == shown(history, now)


def test_whose_viewers_are_forgotten_first_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AUDIENCES_KEPT", 2)
    history, none = History(), dict.fromkeys(NUMBERS)
    for at, slug in enumerate("aba"):
        history.put(later(at), none, {ChannelSlug(slug): 1})
    loaded = after(history, later(10))
    loaded.put(later(10), none, {ChannelSlug("c"): 1})
    assert [bool(points) for points in shown(loaded, later(10))[1:]] == [True, False, True]


def test_a_series_is_made_once_for_so_many_channels_as_are_remembered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[Series] = []

    def make() -> Series:
        made.append(Series())
        return made[-1]

    history, none = History(), dict.fromkeys(NUMBERS)
    monkeypatch.setattr(module, "AUDIENCES_KEPT", 10)
    monkeypatch.setattr(module, "Series", make)
    watched = {ChannelSlug(f"channel-{number}"): 1 + number for number in range(100)}
    for turn in range(5):
        turned = list(watched.items())[turn:] + list(watched.items())[:turn]
        history.put(later(10 * turn), none, dict(turned))
    assert len(made) == 10
    points = {slug: history.audience(slug, Ticks(0), later(60)) for slug in watched}
    assert [slug for slug, found in points.items() if found] == list(watched)[-10:]  # the most viewers
    assert {len(found) for found in points.values()} == {0, 5}

    history.put(later(50), none, {ChannelSlug("new"): 1})  # nobody watches the others any more
    assert len(made) == 11
    assert history.audience(ChannelSlug("new"), Ticks(0), later(60))


def test_what_was_put_later_than_now_holds_nothing_up() -> None:
    history, none = History(), dict.fromkeys(NUMBERS)
    history.put(later(DAY), none | {"viewers": 5}, {})
    loaded = after(history, later(0))
    loaded.put(later(0), none | {"viewers": 6}, {})
    assert [point.value for point in loaded.numbers(Ticks(0), later(1))["viewers"]] == [6]


def test_what_is_not_a_history_is_refused() -> None:
    good = packed(History().dump())
    damaged = bytes([*good[:-1], good[-1] ^ 1])
    for data in (
        b"",
        good[:-1],
        damaged,
        packed([b"hello\n"]),
        packed(History().dump()[:-1]),
        packed([b'["a"]\n']),
    ):
        with pytest.raises(ValueError, match=r"."):
            History().load(data, BEGIN)


def test_numbers_that_are_no_longer_remembered_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "NUMBERS", ("mood", *NUMBERS))
    history = History()
    history.put(BEGIN, dict.fromkeys(NUMBERS, 2.0) | {"mood": 1.0}, {})
    data = packed(history.dump())
    monkeypatch.undo()
    loaded = History()
    loaded.load(data, BEGIN)
    numbers = loaded.numbers(Ticks(0), BEGIN)
    assert {name: points[0].value for name, points in numbers.items()} == dict.fromkeys(NUMBERS, 2.0)

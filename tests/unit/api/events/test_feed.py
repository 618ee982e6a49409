import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.events import fold
from tests.support.properties import thorough

from insta_stream.api.events.feed import NOTHING, Feed, Shape, Value

ENTRIES = Shape("entries", is_ordered=True)
VIDEOS = Shape("videos")


def value(members: dict[str, int], **fields: Any) -> Value:
    """Return a value whose members have a key and a number."""
    texts = {key: json.dumps({"entry": key, "id": key, "n": n}) for key, n in members.items()}
    return Value({name: json.dumps(content) for name, content in fields.items()}, texts)


def told(feed: Feed, since: int = NOTHING) -> dict[str, Any]:
    frame: dict[str, Any] = json.loads(feed.frame(since))
    return frame


def test_who_has_seen_nothing_gets_all() -> None:
    feed = Feed("channel/main", ENTRIES)
    assert feed.update(value({"a": 1}, canUndo=True))
    assert told(feed) == {
        "topic": "channel/main",
        "data": {"canUndo": True, "entries": [{"entry": "a", "id": "a", "n": 1}]},
    }


def test_the_same_value_is_no_news() -> None:
    feed = Feed("channel/main", ENTRIES)
    feed.update(value({"a": 1}, x=1))
    assert not feed.update(value({"a": 1}, x=1))
    assert feed.version == 1


def test_only_what_changed_is_told() -> None:
    feed = Feed("channel/main", ENTRIES)
    feed.update(value({"a": 1, "b": 1}, x=1, y=1))
    seen = feed.version
    feed.update(value({"a": 1, "b": 2}, x=1, y=2))
    assert told(feed, seen) == {
        "topic": "channel/main",
        "changed": {"y": 2},
        "upserted": [{"entry": "b", "id": "b", "n": 2}],
        "removed": [],
    }


@pytest.mark.parametrize("members", [{"b": 1, "a": 1}, {"a": 1}, {"a": 1, "b": 1, "c": 1}])
def test_another_order_of_a_list_with_an_order_comes_whole(members: dict[str, int]) -> None:
    feed = Feed("channel/main", ENTRIES)
    feed.update(value({"a": 1, "b": 1}))
    seen = feed.version
    feed.update(value(members))
    assert list(told(feed, seen)) == ["topic", "data"]


def test_another_order_of_a_list_without_one_is_no_news() -> None:
    feed = Feed("videos", VIDEOS)
    feed.update(value({"a": 1, "b": 1}))
    assert not feed.update(value({"b": 1, "a": 1}))


def test_a_value_without_a_list_comes_whole() -> None:
    feed = Feed("health", Shape())
    feed.update(value({}, x=1, y=1))
    seen = feed.version
    feed.update(value({}, x=2, y=1))
    assert told(feed, seen) == {"topic": "health", "data": {"x": 2, "y": 1}}


def test_an_error_takes_the_place_of_the_value_until_there_is_one() -> None:
    feed = Feed("channel/x", ENTRIES)
    assert feed.fail("unknown_channel", "There is no “x”.")
    assert not feed.fail("unknown_channel", "There is no “x”.")
    assert told(feed)["error"]["code"] == "unknown_channel"
    seen = feed.version
    assert feed.update(value({"a": 1}))
    assert "data" in told(feed, seen)


def test_after_many_removals_a_late_reader_gets_all() -> None:
    feed = Feed("videos", VIDEOS)
    feed.update(value({f"{n}": n for n in range(1001)}))
    seen = feed.version
    feed.update(value({}))
    assert told(feed, seen) == {"topic": "videos", "data": {"videos": []}}


@thorough
@given(
    st.lists(
        st.tuples(
            st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 2)),
            st.integers(0, 2),
            st.booleans(),
        ),
        min_size=1,
        max_size=12,
    ),
    st.sampled_from([("channel/main", ENTRIES), ("videos", VIDEOS)]),
)
def test_whoever_misses_whatever_frames_has_the_value_in_the_end(
    steps: list[tuple[dict[str, int], int, bool]], topic: tuple[str, Shape]
) -> None:
    name, shape = topic
    feed, shown, seen = Feed(name, shape), dict[str, Any](), NOTHING
    for step, (members, x, is_read) in enumerate(steps):
        feed.update(value(members, x=x))
        if (is_read or step == len(steps) - 1) and seen < feed.version:
            fold(shown, json.loads(feed.frame(seen)))
            seen = feed.version
    whole: dict[str, Any] = {}
    fresh = Feed(name, shape)
    fresh.update(value(steps[-1][0], x=steps[-1][1]))
    fold(whole, told(fresh))
    for values in (shown, whole):
        if not shape.is_ordered:
            values[name][shape.list_name].sort(key=lambda member: member["id"])
    assert shown == whole

from collections.abc import Callable, Iterator

import pytest

from insta_stream.delivery import viewers
from insta_stream.delivery.viewers import Viewers
from insta_stream.proxies import DIRECT, Proxies

MEDIA = "/stream/main/0123456789ab/720p.m3u8"
TRUSTING = Proxies(trusts_peer=True)


class Clock:
    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(viewers, "time", clock)
    return clock


def scope(path: str = MEDIA, client: str = "10.0.0.1", **headers: str) -> dict[str, object]:
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"path": path, "client": (client, 5000), "headers": pairs}


Count = Callable[..., dict[str, int]]


@pytest.fixture
def count(clock: Clock) -> Count:
    def count(*scopes: dict[str, object], proxies: Proxies = DIRECT) -> dict[str, int]:
        viewers = Viewers(target_seconds=2, proxies=proxies)
        for each in scopes:
            viewers.saw(each)
        viewers.turn()
        assert viewers.counts == {}
        clock.now += 10
        viewers.turn()
        return {str(slug): number for slug, number in viewers.counts.items()}

    return count


def test_a_player_counts_once_however_often_it_asks(count: Count) -> None:
    assert count(scope(), scope(), scope(path=MEDIA.replace("720p", "480p"))) == {"main": 1}


def test_addresses_and_user_agents_tell_players_apart(count: Count) -> None:
    assert count(scope(), scope(client="10.0.0.2"), scope(user_agent="VLC")) == {"main": 3}


def test_the_multivariant_playlist_alone_makes_no_viewer(count: Count) -> None:
    assert count(scope("/stream/stream.m3u8"), scope("/stream/main/stream.m3u8")) == {}


def test_each_channel_has_its_own(count: Count) -> None:
    other = MEDIA.replace("main", "kids")
    assert count(scope(), scope(other), scope(other, "10.0.0.2")) == {"main": 1, "kids": 2}


def test_a_proxys_word_counts_only_where_it_is_trusted(count: Count) -> None:
    behind = [scope(x_forwarded_for=f"192.0.2.{number}") for number in range(5)]
    assert count(*behind) == {"main": 1}
    assert count(*behind, proxies=TRUSTING) == {"main": 5}


def test_nobody_makes_up_viewers_by_writing_addresses_in_front(count: Count) -> None:
    made_up = [scope(x_forwarded_for=f"6.6.6.{number}, 192.0.2.1") for number in range(5)]
    assert count(*made_up, proxies=TRUSTING) == {"main": 1}


def test_devices_of_one_network_of_ipv6_are_viewers_each(count: Count) -> None:
    at_home = [scope(client=f"2001:db8::{number}") for number in range(5)]
    assert count(*at_home) == {"main": 5}


def test_more_than_can_be_told_apart_take_no_more_memory(
    count: Count, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(viewers, "MAX_COUNTED", 3)
    assert count(*(scope(client=f"10.0.0.{number}") for number in range(9))) == {"main": 3}


def test_who_asks_no_more_is_no_viewer_any_more_and_nothing_is_kept(clock: Clock) -> None:
    viewers = Viewers(target_seconds=2)
    viewers.saw({"path": MEDIA, "client": None, "headers": []})
    clock.now += 10
    viewers.turn()
    assert viewers.counts == {"main": 1}
    clock.now += 10
    viewers.turn()
    assert viewers.counts == {}


def test_a_count_lasts_three_target_durations_where_these_are_long(clock: Clock) -> None:
    viewers = Viewers(target_seconds=10)
    viewers.saw({"path": MEDIA, "client": None, "headers": []})
    clock.now += 29
    viewers.turn()
    assert viewers.counts == {}
    clock.now += 1
    viewers.turn()
    assert viewers.counts == {"main": 1}


def test_a_turn_goes_through_nothing_that_was_seen(clock: Clock) -> None:
    class Untouched(dict[str, set[int]]):
        def __iter__(self) -> Iterator[str]:
            raise AssertionError

        keys = values = items = __iter__  # type: ignore[assignment]

    viewers = Viewers(target_seconds=2)
    for number in range(100):
        viewers.saw(scope(f"/stream/channel-{number}/0123456789ab/720p.m3u8"))
    viewers._seen = Untouched(viewers._seen)  # type: ignore[assignment]
    clock.now += 10
    viewers.turn()
    assert len(viewers.counts) == 100
    for left in range(99, 89, -1):  # what was seen vanishes with the requests that come, one by one
        viewers.saw(scope())
        assert len(viewers._forgotten) == left
    clock.now += 10
    viewers.turn()
    assert viewers.counts == {"main": 1}

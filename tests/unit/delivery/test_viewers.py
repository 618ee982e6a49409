import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from insta_stream.delivery import viewers
from insta_stream.delivery.viewers import DOCUMENT, Viewers
from insta_stream.proxies import DIRECT, Proxies
from insta_stream.storage.bulletin import Bulletin

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


Count = Callable[..., Awaitable[dict[str, int]]]


@pytest.fixture
def count(clock: Clock) -> Count:
    async def count(*scopes: dict[str, object], proxies: Proxies = DIRECT) -> dict[str, int]:
        viewers = Viewers(target_seconds=2, proxies=proxies)
        for each in scopes:
            viewers.saw(each)
        assert viewers.counts == {}
        clock.now += 10
        await viewers.turn()
        return {str(slug): number for slug, number in viewers.counts.items()}

    return count


async def test_a_player_counts_once_however_often_it_asks(count: Count) -> None:
    assert await count(scope(), scope(), scope(path=MEDIA.replace("720p", "480p"))) == {"main": 1}


async def test_addresses_and_user_agents_tell_players_apart(count: Count) -> None:
    assert await count(scope(), scope(client="10.0.0.2"), scope(user_agent="VLC")) == {"main": 3}


async def test_the_multivariant_playlist_alone_makes_no_viewer(count: Count) -> None:
    assert await count(scope("/stream/stream.m3u8"), scope("/stream/main/stream.m3u8")) == {}


async def test_each_channel_has_its_own(count: Count) -> None:
    other = MEDIA.replace("main", "kids")
    assert await count(scope(), scope(other), scope(other, "10.0.0.2")) == {"main": 1, "kids": 2}


async def test_a_proxys_word_counts_only_where_it_is_trusted(count: Count) -> None:
    behind = [scope(x_forwarded_for=f"192.0.2.{number}") for number in range(5)]
    assert await count(*behind) == {"main": 1}
    assert await count(*behind, proxies=TRUSTING) == {"main": 5}


async def test_nobody_makes_up_viewers_by_writing_addresses_in_front(count: Count) -> None:
    made_up = [scope(x_forwarded_for=f"6.6.6.{number}, 192.0.2.1") for number in range(5)]
    assert await count(*made_up, proxies=TRUSTING) == {"main": 1}


async def test_devices_of_one_network_of_ipv6_are_viewers_each(count: Count) -> None:
    at_home = [scope(client=f"2001:db8::{number}") for number in range(5)]
    assert await count(*at_home) == {"main": 5}


async def test_more_than_can_be_told_apart_take_no_more_memory(
    count: Count, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(viewers, "MAX_COUNTED", 3)
    assert await count(*(scope(client=f"10.0.0.{number}") for number in range(9))) == {"main": 3}


async def test_who_asks_no_more_is_no_viewer_any_more_and_nothing_is_kept(clock: Clock) -> None:
    viewers = Viewers(target_seconds=2)
    viewers.saw({"path": MEDIA, "client": None, "headers": []})
    clock.now += 10
    await viewers.turn()
    assert viewers.counts == {"main": 1}
    clock.now += 10
    await viewers.turn()
    assert viewers.counts == {}


@pytest.mark.parametrize(("target", "seconds"), [(1, 10), (2, 10), (10, 30)])
async def test_a_count_lasts_three_target_durations_where_these_are_long(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, target: int, seconds: int
) -> None:
    waits: list[float] = []

    async def sleep(duration: float) -> None:
        if len(waits) == 3:
            raise asyncio.CancelledError
        waits.append(duration)
        clock.now += duration

    clock.now = 3003.0
    viewers = Viewers(target_seconds=target)
    monkeypatch.setattr(asyncio, "sleep", sleep)
    with pytest.raises(asyncio.CancelledError):
        await viewers.watch()
    assert waits == [seconds - 3, seconds, seconds]


async def test_one_that_wakes_up_too_early_does_not_end_the_count(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def sleep(duration: float) -> None:
        if clock.now > 1010:
            raise asyncio.CancelledError
        clock.now += duration - 0.001 if duration > 0.001 else 1.0

    viewers = Viewers(target_seconds=2)
    viewers.saw(scope())
    monkeypatch.setattr(asyncio, "sleep", sleep)
    with pytest.raises(asyncio.CancelledError):
        await viewers.watch()
    assert viewers.counts == {"main": 1}


async def test_a_turn_goes_through_nothing_that_was_seen(clock: Clock) -> None:
    class Untouched(dict[str, set[int]]):
        def __iter__(self) -> Iterator[str]:
            raise AssertionError

        keys = values = items = __iter__  # type: ignore[assignment]

    viewers = Viewers(target_seconds=2)
    for number in range(100):
        viewers.saw(scope(f"/stream/channel-{number}/0123456789ab/720p.m3u8"))
    viewers._count.seen = Untouched(viewers._count.seen)  # type: ignore[assignment]
    clock.now += 10
    await viewers.turn()
    assert len(viewers.counts) == 100
    for left in range(99, 89, -1):  # what was seen vanishes with the requests that come, one by one
        viewers.saw(scope())
        assert len(viewers._forgotten) == left
    clock.now += 10
    await viewers.turn()
    assert viewers.counts == {"main": 1}


class Process(Viewers):
    """One of several processes; two bulletins in one process are as those of two."""

    def __init__(self, root: Path) -> None:
        self.seat = Bulletin(root)
        super().__init__(target_seconds=2, bulletin=self.seat)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viewers, "TELL_SECONDS", 0.05)


def contents(root: Path) -> list[bytes]:
    return [path.read_bytes() for path in root.rglob("*") if path.is_file()]


def started(root: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", PROCESS, str(root)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


async def turn(clock: Clock, *processes: Viewers) -> None:
    clock.now += 10
    await asyncio.gather(*(process.turn() for process in processes))


@pytest.mark.usefixtures("quick")
async def test_whoever_several_processes_have_seen_counts_once(clock: Clock, tmp_path: Path) -> None:
    one, other = processes = Process(tmp_path), Process(tmp_path)
    await turn(clock, *processes)
    for _ in range(3):
        for number, process in enumerate((one, other, one, one, other, other)):
            process.saw(scope(client=f"10.0.0.{number % 4}"))
        one.saw(scope(MEDIA.replace("main", "kids"), client="10.0.0.1"))
        other.saw(scope(MEDIA.replace("main", "kids"), client="10.0.0.1"))
        other.saw(scope("/stream/main/stream.m3u8", client="10.0.0.99"))
        await turn(clock, *processes)
        assert one.counts == other.counts == {"main": 4, "kids": 1}
    await turn(clock, *processes)
    assert one.counts == other.counts == {}


@pytest.mark.usefixtures("quick")
async def test_marks_change_with_each_count_and_tell_nothing(clock: Clock, tmp_path: Path) -> None:
    one, other = Process(tmp_path), Process(tmp_path)
    told: set[bytes] = set()
    await turn(clock, one, other)
    for _ in range(3):
        one.saw(scope(client="192.0.2.1", user_agent="VLC"))
        await turn(clock, one, other)
        told.update(other.seat.others(DOCUMENT))
    assert len({body.partition(b"\n")[2] for body in told}) == 3
    files = contents(tmp_path)
    assert len(files) == 3
    assert not any(b"192.0.2.1" in each or b"VLC" in each for each in files)
    one.seat.give_up()
    await turn(clock, other)
    await turn(clock, other)
    assert (tmp_path / "1" / DOCUMENT).stat().st_size < 10, "who is alone leaves nothing of it behind"


@pytest.mark.usefixtures("quick")
async def test_who_has_told_nothing_of_this_count_is_left_out(clock: Clock, tmp_path: Path) -> None:
    one, other = Process(tmp_path), Process(tmp_path)
    await turn(clock, one, other)
    one.saw(scope())
    other.saw(scope(client="10.0.0.2"))
    await turn(clock, one, other)
    assert one.counts == {"main": 2}
    one.saw(scope())
    await turn(clock, one)
    assert one.counts == {"main": 1}


PROCESS = """
import asyncio
import sys
from pathlib import Path
from insta_stream.delivery import viewers
from insta_stream.delivery.viewers import Viewers
from insta_stream.storage.bulletin import Bulletin

class Clock:
    now = 1000.0

    def monotonic(self):
        return self.now

viewers.time, viewers.TELL_SECONDS = Clock(), 0.5
here = Viewers(target_seconds=2, bulletin=Bulletin(Path(sys.argv[1])))
for line in sys.stdin:
    print(flush=True)
    viewers.time.now += 10
    asyncio.run(here.turn())
    print(dict(here.counts), flush=True)
    for number in range(int(line)):
        path = "/stream/main/0123456789ab/720p.m3u8"
        here.saw({"path": path, "client": (f"10.0.0.{number}", 1), "headers": []})
"""


async def test_processes_whose_own_hashes_differ_agree(
    clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(viewers, "TELL_SECONDS", 0.5)
    here = Process(tmp_path)
    with started(tmp_path) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for expected in ({}, {"main": 12}, {"main": 12}):
            process.stdin.write("10\n")
            process.stdin.flush()
            await asyncio.to_thread(process.stdout.readline)
            await turn(clock, here)
            assert here.counts == expected
            assert await asyncio.to_thread(process.stdout.readline) == f"{expected}\n"
            for number in range(5, 12):
                here.saw(scope(client=f"10.0.0.{number}"))
        process.kill()
    await turn(clock, here)
    await turn(clock, here)
    assert here.counts == {}

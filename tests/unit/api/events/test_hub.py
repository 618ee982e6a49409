import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import ExitStack

import pytest
from tests.support.waiting import until

from insta_stream.api.events import live
from insta_stream.api.events.feed import Shape, Value
from insta_stream.api.events.frames import Farewell
from insta_stream.api.events.hub import MAX_NEWCOMERS, MAX_READERS, Hub
from insta_stream.api.events.reader import Reader
from insta_stream.api.events.topics import Topic
from insta_stream.clock import Clock
from insta_stream.duties import Duties
from insta_stream.errors import Unknown
from insta_stream.ticks import Ticks, seconds

CHANNELS, MAIN = Topic("channels"), Topic("channel", "main")


class Number:
    """A source that says a number; as a list of its own, the numbers of all topics."""

    shape = Shape()

    def __init__(self) -> None:
        self.number = 0
        self.reads = 0
        self.error: Exception | None = None
        self.again_at: Ticks | None = None

    def of(self, _: Topic) -> "Number":
        return self

    async def read(self) -> tuple[Value, Ticks | None]:
        self.reads += 1
        if self.error:
            raise self.error
        return Value({"n": str(self.number)}), self.again_at


@pytest.fixture
def source() -> Number:
    return Number()


@pytest.fixture
async def hub(source: Number) -> AsyncIterator[Hub]:
    duties = Duties()
    hub = Hub(source, Clock(), duties)
    yield hub
    await hub.stop()
    await duties.stop()


async def next_frame(reader: Reader) -> dict[str, object]:
    async with asyncio.timeout(30):
        while (text := reader.take()) is None:
            await reader.wake.wait()
            reader.wake.clear()
    frame: dict[str, object] = json.loads(text)
    return frame


async def test_who_reads_nothing_for_long_gets_one_frame_with_the_last_value(
    hub: Hub, source: Number
) -> None:
    with hub.reader() as slow, hub.reader() as quick:
        for reader in (slow, quick):
            hub.subscribe(reader, {CHANNELS})
        for number in range(1, 4):
            source.number = number
            hub.tell(CHANNELS)
            while (await next_frame(quick))["data"] != {"n": number}:
                pass
        assert (await next_frame(slow))["data"] == {"n": 3}
        assert slow.take() is None


def test_what_takes_long_to_read_is_read_less_often() -> None:
    assert live.rest_after(0.0) == live.rest_after(0.01) == live.GAP_SECONDS
    assert live.rest_after(1.5) == 6.0
    assert live.rest_after(100.0) == 10.0


async def test_a_topic_rests_after_each_read(
    hub: Hub, source: Number, monkeypatch: pytest.MonkeyPatch
) -> None:
    took: list[float] = []

    def rest_after(seconds: float) -> float:
        took.append(seconds)
        return 0.01

    monkeypatch.setattr(live, "rest_after", rest_after)
    with hub.reader() as reader:
        hub.subscribe(reader, {CHANNELS})
        for reads in (1, 2):
            await until(lambda reads=reads: len(took) == reads)  # type: ignore[misc]
            assert source.reads == reads
            hub.tell(CHANNELS)
    assert all(seconds >= 0 for seconds in took)


async def test_news_that_come_together_are_told_together(hub: Hub, source: Number) -> None:
    with hub.reader() as reader:
        hub.subscribe(reader, {CHANNELS})
        await next_frame(reader)
        source.number = 1
        for _ in range(100):
            hub.tell(CHANNELS)
        await next_frame(reader)
        assert source.reads <= 3


async def test_a_topic_that_nobody_reads_is_not_looked_at(hub: Hub, source: Number) -> None:
    hub.tell(CHANNELS)
    with hub.reader() as reader:
        hub.subscribe(reader, {CHANNELS})
        await next_frame(reader)
        hub.subscribe(reader, set())
        reads = source.reads
        hub.tell(CHANNELS)
        await asyncio.sleep(0)
        assert source.reads == reads
        assert reader.take() is None


async def test_another_set_of_topics_takes_the_place_of_the_first(hub: Hub) -> None:
    with hub.reader() as reader:
        hub.subscribe(reader, {CHANNELS})
        assert (await next_frame(reader))["topic"] == "channels"
        hub.subscribe(reader, {CHANNELS, MAIN})
        assert (await next_frame(reader))["topic"] == "channel/main"
        assert reader.take() is None


async def test_a_value_is_read_again_when_its_time_has_come(hub: Hub, source: Number) -> None:
    source.again_at = Ticks(Clock().now() + seconds(1))
    with hub.reader() as reader:
        hub.subscribe(reader, {CHANNELS})
        await next_frame(reader)
        source.number, source.again_at = 1, None
        assert (await next_frame(reader))["data"] == {"n": 1}


async def test_what_is_not_there_says_so_until_it_is(hub: Hub, source: Number) -> None:
    source.error = Unknown("There is none.", code="unknown_channel")
    with hub.reader() as reader:
        hub.subscribe(reader, {MAIN})
        assert (await next_frame(reader))["error"] == {"code": "unknown_channel", "message": "There is none."}
        source.error = None
        hub.tell_all("channel")
        assert (await next_frame(reader))["data"] == {"n": 0}


async def test_a_source_that_crashes_is_read_again(hub: Hub, source: Number) -> None:
    source.error = ZeroDivisionError()
    with hub.reader() as reader:
        hub.subscribe(reader, {MAIN})
        await until(lambda: source.reads > 0)
        source.error = None
        assert (await next_frame(reader))["data"] == {"n": 0}


def come(hub: Hub, stack: ExitStack, address: str, *, is_admitted: bool) -> Reader:
    reader = stack.enter_context(hub.reader(address))
    if is_admitted:
        hub.admit(reader)
    return reader


async def test_who_stays_in_silence_locks_nobody_out(hub: Hub) -> None:
    with ExitStack() as stack:
        operators = [come(hub, stack, f"10.0.0.{number}", is_admitted=True) for number in range(3)]
        crowd = [come(hub, stack, "10.6.6.6", is_admitted=True) for _ in range(MAX_READERS - 3)]
        assert not any(reader.farewell for reader in (*operators, *crowd))
        crowd[0].heard_at += 1
        operators.append(come(hub, stack, "10.0.0.4", is_admitted=True))
        gone = [reader for reader in crowd if reader.farewell]
        assert gone == [crowd[1]]  # the first one said something after
        assert gone[0].wake.is_set()
        assert gone[0].farewell is not None
        assert gone[0].farewell.close == 4429
        for _ in range(50):
            come(hub, stack, "10.6.6.6", is_admitted=True)
        assert not any(reader.farewell for reader in operators)


async def test_who_has_not_said_who_it_is_takes_room_from_nobody_who_has(hub: Hub) -> None:
    with ExitStack() as stack:
        operators = [come(hub, stack, "10.0.0.1", is_admitted=True) for _ in range(MAX_READERS)]
        strangers = [come(hub, stack, "10.0.1.1", is_admitted=False) for _ in range(MAX_NEWCOMERS + 2)]
        assert not any(reader.farewell for reader in operators)
        assert [bool(reader.farewell) for reader in strangers[:4]] == [True, True, False, False]
        hub.admit(strangers[-1])
        assert [bool(reader.farewell) for reader in operators[:2]] == [True, False]
        assert not strangers[-1].farewell


async def test_there_is_an_end_to_how_many_are_told_to_go(hub: Hub) -> None:
    with ExitStack() as stack:
        for _ in range(2 * (MAX_READERS + MAX_NEWCOMERS)):
            come(hub, stack, "10.0.0.1", is_admitted=False)
        with pytest.raises(Farewell) as farewell, hub.reader("10.0.0.2"):
            pass
        assert farewell.value.close == 4429


async def test_who_reads_is_sent_away_at_the_end_and_nobody_is_let_in(hub: Hub) -> None:
    with hub.reader() as reader:
        stopping = asyncio.create_task(hub.stop())
        await reader.wake.wait()
        assert reader.farewell is not None
        assert reader.farewell.close == 1012
        with pytest.raises(Farewell) as farewell, hub.reader():
            pass
        assert farewell.value.close == 1012
        assert not stopping.done()
    await stopping


def test_a_reader_keeps_few_sayings() -> None:
    reader = Reader()
    for number in range(1000):
        reader.say(f"topic {number}", f"{number}")
    said = []
    while (text := reader.take()) is not None:
        said.append(text)
    assert said == [str(number) for number in range(900, 1000)]

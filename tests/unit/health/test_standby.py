"""What the server says of channels that show only their slate: which, for how long and why; each once."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

from structlog.testing import capture_logs
from tests.support.scene import BROADCAST, FILM, Scene
from tests.support.shelf import TestShelf

from insta_stream.channels.standby import GRACE
from insta_stream.health.remedies import ADVICE
from insta_stream.health.standby import EACH_ITS_OWN, MOST_NAMES, MOST_TOLD, StandbyWatch
from insta_stream.ids import ChannelSlug, EntryId
from insta_stream.ticks import TICKS_PER_SECOND
from insta_stream.timeline.edit import Rearrange, Start
from insta_stream.timeline.timeline import Entry

GRACE_SECONDS = GRACE / TICKS_PER_SECOND


class Server:
    """So many channels with an empty playlist, started at once."""

    def __init__(self, channels: int) -> None:
        self.scene = Scene()
        self.scene.edit(Rearrange(()))
        self.scene.edit(Start(BROADCAST))
        one = self.scene.channel
        self.left = [replace(one, slug=ChannelSlug(f"c{n:03}"), title=f"C {n}") for n in range(channels)]
        asked: Any = SimpleNamespace(left_to_slate=lambda: self.left)
        self.watch = StandbyWatch(asked, cast(Any, TestShelf()), self.scene.clock)


async def test_a_fresh_start_is_no_alarm() -> None:
    server = Server(1)
    server.scene.pass_time(GRACE_SECONDS - 1)
    with capture_logs() as lines:
        found = await server.watch.look()
    assert (found.state, server.watch.count(), lines) == ("ok", 0, [])


async def test_what_lasts_degrades_with_its_reason_and_is_told_once() -> None:
    server = Server(1)
    server.scene.pass_time(GRACE_SECONDS + 180)
    with capture_logs() as lines:
        found = await server.watch.look()
        await server.watch.look()
    assert (found.state, server.watch.count()) == ("degraded", 1)
    assert (
        found.message == "Viewers see only the standby picture. “C 0”, for 4 minutes: the playlist is empty."
    )
    assert found.remedy == "Add videos to its playlist, or stop the channel."
    assert [(line["event"], line["channel"]) for line in lines] == [("channel_on_standby", "c000")]
    assert lines[0]["remedy"] == found.remedy
    with capture_logs() as lines:
        server.left = []
        assert (await server.watch.look()).state == "ok"
        await server.watch.look()
    assert [(line["event"], line["channel"], line["after_seconds"]) for line in lines] == [
        ("channel_left_standby", "c000", GRACE_SECONDS + 180)
    ]


async def test_where_reasons_differ_it_is_said_where_each_remedy_stands() -> None:
    server = Server(1)
    entries = (Entry(EntryId("1" * 32), FILM.video),)
    other = replace(server.left[0], title="Other", timeline=replace(server.left[0].timeline, entries=entries))
    server.left.append(replace(other, slug=ChannelSlug("other")))
    server.scene.pass_time(GRACE_SECONDS)
    found = await server.watch.look()
    assert "“Other”, for 60 seconds: its videos were deleted." in found.message
    assert found.remedy == EACH_ITS_OWN


async def test_of_many_channels_a_few_are_named() -> None:
    server = Server(100)
    server.scene.pass_time(GRACE_SECONDS)
    with capture_logs() as lines:
        found = await server.watch.look()
        server.left = []
        await server.watch.look()
    assert (found.message.count("“"), found.message.endswith("And 97 more.")) == (MOST_NAMES, True)
    assert found.remedy == "Add videos to its playlist, or stop the channel."  # said once
    assert len(lines) == 2 * (MOST_TOLD + 1)
    assert (lines[MOST_TOLD]["event"], lines[MOST_TOLD]["channels"]) == ("channels_on_standby", 90)
    warned = {line["event"] for line in lines if line["log_level"] == "warning"}
    assert warned == {"channel_on_standby", "channels_on_standby"} <= ADVICE.keys()


async def test_of_several_processes_one_tells_and_the_next_does_not_repeat_it() -> None:
    server, leads = Server(1), False
    asked: Any = SimpleNamespace(left_to_slate=lambda: server.left)
    watch = StandbyWatch(asked, cast(Any, TestShelf()), server.scene.clock, lambda: leads)
    server.scene.pass_time(GRACE_SECONDS + 1)
    with capture_logs() as lines:
        assert (await watch.look()).state == "degraded"
        leads = True
        await watch.look()
        assert lines == []
        server.left = []
        await watch.look()
    assert [line["event"] for line in lines] == ["channel_left_standby"]

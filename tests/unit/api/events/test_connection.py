import asyncio
import json
from types import SimpleNamespace
from typing import Any

from insta_stream.access.permission import Permission
from insta_stream.access.principal import Principal
from insta_stream.api.events.connection import Events
from insta_stream.api.events.feed import Shape, Value
from insta_stream.api.events.hub import Hub
from insta_stream.api.events.topics import Topic
from insta_stream.clock import Clock
from insta_stream.duties import Duties
from insta_stream.ids import ChannelSlug


class Names:
    """Sources that say the name of their topic."""

    def of(self, topic: Topic) -> Any:
        async def read() -> tuple[Value, None]:
            return Value({"name": json.dumps(topic.name)}), None

        return SimpleNamespace(shape=Shape(), read=read)


async def test_a_client_hears_of_what_it_may_see_and_is_told_of_what_not() -> None:
    somebody = Principal(frozenset({Permission.CHANNEL_READ}), frozenset({ChannelSlug("kids")}))
    asked = {"subscribe": ["channel/kids", "channel/news", "guide/kids", "videos", "nonsense"]}
    told: dict[str, dict[str, Any]] = {}
    gone = asyncio.Event()
    messages = iter([{"type": "websocket.connect"}, {"type": "websocket.receive", "text": json.dumps(asked)}])

    async def receive() -> dict[str, Any]:
        if message := next(messages, None):
            return message
        await gone.wait()
        return {"type": "websocket.disconnect"}

    async def send(message: Any) -> None:
        if "text" in message:
            frame = json.loads(message["text"])
            told[frame["topic"]] = frame
            assert [reader.address for reader in hub._readers] == ["10.0.0.1"]
        if len(told) == len(asked["subscribe"]):
            gone.set()

    duties = Duties()
    hub = Hub(Names(), Clock(), duties)
    scope = {"type": "websocket", "app": SimpleNamespace(state=SimpleNamespace(events=hub))}
    async with asyncio.timeout(30):
        await Events(lambda _, __: lambda: somebody, lambda _: "10.0.0.1")(scope, receive, send)
    await hub.stop()
    await duties.stop()
    assert told.pop("channel/kids")["data"] == {"name": "channel/kids"}
    assert {name: frame["error"]["code"] for name, frame in told.items()} == {
        "channel/news": "forbidden",
        "guide/kids": "forbidden",
        "videos": "forbidden",
        "nonsense": "unknown_topic",
    }

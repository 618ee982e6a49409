"""The topics of /api/events by plain requests: for clients whose proxy does not pass WebSockets on."""

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from insta_stream.access.permission import Permission
from insta_stream.api.events.feed import NOTHING, Feed, Shape, Value
from insta_stream.api.events.topics import parse_topic
from insta_stream.api.events.values import ServerSources
from insta_stream.api.events.videos import VideosSource
from insta_stream.api.permits import Caller, needs, router
from insta_stream.api.services import Held
from insta_stream.api.wire import Reply
from insta_stream.errors import Unknown

routes = router("/api/topics", "events")


@routes.get(
    "/{name:path}",
    response_model=Reply[dict[str, Any]],
    summary="The first frame of a topic of /api/events, for clients without WebSockets",
)
@needs(Permission.CHANNEL_VIEW, on_any_channel=True)
async def topic(services: Held, caller: Caller, name: str) -> Response:
    topic = parse_topic(name)
    if topic is None:
        raise Unknown("There is no such topic; docs/reference/events.md lists them.")
    caller.require(*topic.needed)
    videos = VideosSource(services.library, services.clock, services.people.title_of)
    source = ServerSources(services, videos).of(topic)
    value, _ = await source.read()
    return await run_in_threadpool(_written, topic.name, source.shape, value)


def _written(name: str, shape: Shape, value: Value) -> Response:
    feed = Feed(name, shape)
    feed.update(value)
    text = f'{{"success":true,"message":"","data":{feed.frame(NOTHING)}}}'
    return Response(text, media_type="application/json")

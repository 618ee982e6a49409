"""The values of the topics that are read whole, from memory: by threads, because a playlist may be long."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice

from starlette.concurrency import run_in_threadpool

from insta_stream.api import channel_schemas, health_schemas, health_views, views, wire
from insta_stream.api.channel_texts import ChannelTexts
from insta_stream.api.events.feed import Shape, Value
from insta_stream.api.events.live import Source
from insta_stream.api.events.topics import Kind, Topic
from insta_stream.api.events.videos import VideosSource
from insta_stream.api.services import Services
from insta_stream.api.showings import collect
from insta_stream.channels.channel import Channel
from insta_stream.channels.standby import look_again
from insta_stream.ids import ChannelSlug
from insta_stream.ticks import TICKS_PER_SECOND, Ticks, to_seconds
from insta_stream.timeline.airings import airings, on_air
from insta_stream.timeline.timeline import Timeline
from insta_stream.turns import in_turns

UP_NEXT = 8
LOOK_AHEAD = Ticks(7 * 86_400 * TICKS_PER_SECOND)
GUIDE_BACK = tuple(Ticks(seconds * TICKS_PER_SECOND) for seconds in (6 * 3600, 3600, 600, 60))
"""How far back the guide goes: as far as that is no more than a quarter of GUIDE_AIRINGS. Where videos are
short, now must be in it all the same."""
GUIDE_AHEAD = Ticks(24 * 3600 * TICKS_PER_SECOND)
GUIDE_AIRINGS = 2_000
MINUTE = Ticks(60 * TICKS_PER_SECOND)

Read = Callable[[Services, ChannelSlug], tuple[Value, Ticks | None]]


@dataclass(frozen=True, slots=True)
class _WholeSource:
    """Reads a value in a thread."""

    services: Services
    slug: ChannelSlug
    shape: Shape
    work: Read

    async def read(self) -> tuple[Value, Ticks | None]:
        return await run_in_threadpool(self.work, self.services, self.slug)


class ServerSources:
    """The sources of a running server."""

    def __init__(self, services: Services, videos: VideosSource) -> None:
        self._services = services
        self._videos = videos

    def of(self, topic: Topic) -> Source:
        """Return a source that is read from now on."""
        if topic.kind == "videos":
            self._videos.begin()
            return self._videos
        if topic.kind == "channels":
            texts = ChannelTexts(self._services)
            work = partial(channels_value, texts=texts, among=topic.channels)
            return _WholeSource(self._services, ChannelSlug(""), Shape("channels"), work)
        return _WholeSource(self._services, ChannelSlug(topic.slug), *_WHOLE[topic.kind])


def channels_value(
    services: Services, _: ChannelSlug, *, texts: ChannelTexts, among: frozenset[ChannelSlug] | None
) -> tuple[Value, Ticks | None]:
    """Return what GET /api/channels says to those who may see these channels (None: all), and when another
    video begins on one of them, or an edit shows.
    """
    now = services.clock.now()
    channels = services.channels.all()
    found = [on_air(channel.timeline, now) for channel in in_turns(channels)]
    ends = [each.airing.ends_at for each in found if each is not None]
    effects = [channel.effective_at for channel in channels]
    looks = (look_again(channel.timeline, now) for channel in services.channels.left_to_slate())
    ahead = [each for each in (*ends, *effects, *looks) if each is not None and each > now]
    value = Value({"ladder": views.ladder_text()}, dict(in_turns(texts.each(among))))
    return value, min(ahead, default=None)


def channel_value(services: Services, slug: ChannelSlug) -> tuple[Value, Ticks | None]:
    """Return all about one channel, and when another video begins, or the last edit reaches the air."""
    channel = services.channels.get(slug)
    now = services.clock.now()
    effective_at = channel.effective_at
    pending = effective_at if effective_at is not None and effective_at > now else None
    coming = list(islice(airings(channel.timeline, now, Ticks(now + LOOK_AHEAD)), UP_NEXT + 1))
    present = next((airing for airing in coming if airing.starts_at <= now), None)
    playlist = views.channel_playlist(services, slug).playlist
    live = channel_schemas.ChannelLive(
        channel=views.channel(services, channel),
        revision=views.revision(channel),
        can_undo=channel.undo is not None,
        effective_at=wire.optional_moment(pending),
        horizon_seconds=to_seconds(channel.timeline.horizon),
        length_seconds=round(sum(entry.duration for entry in playlist), 3),
        on_air=views.airing(services, present) if present else None,
        up_next=[views.airing(services, each) for each in coming if each is not present][:UP_NEXT],
        held=_held(channel),
        entries=[],
    )
    value = Value(
        views.texts(live, without="entries"),
        {entry.entry: entry.model_dump_json(by_alias=True) for entry in playlist},
    )
    return value, _first(present.ends_at if present else None, pending, look_again(channel.timeline, now))


def guide_value(services: Services, slug: ChannelSlug) -> tuple[Value, Ticks | None]:
    """Return what airs around now; it moves on with the minutes."""
    minute = Ticks(services.clock.now() // MINUTE * MINUTE)
    begin = guide_begin(services.channels.get(slug).timeline, minute)
    found = collect(services, slug, begin, Ticks(minute + GUIDE_AHEAD), most=GUIDE_AIRINGS)
    members = {wire.iso(each.starts_at): each.model_dump_json(by_alias=True) for each in found.airings}
    return Value(views.texts(found, without="airings"), members), Ticks(minute + MINUTE)


def guide_begin(timeline: Timeline, now: Ticks) -> Ticks:
    """Return where a guide begins that has room for what is on now, however short the videos are."""
    for back in GUIDE_BACK[:-1]:
        past = airings(timeline, Ticks(now - back), now)
        if next(islice(past, GUIDE_AIRINGS // 4, None), None) is None:
            return Ticks(now - back)
    return Ticks(now - GUIDE_BACK[-1])


def health_value(services: Services, _: ChannelSlug) -> tuple[Value, Ticks | None]:
    """Return how the server does, at this moment."""
    return Value(views.texts(health_views.report(services))), _soon(services)


def state_value(services: Services, _: ChannelSlug) -> tuple[Value, Ticks | None]:
    """Return how the server is in a word; looking is cheap, and it is sent only when it is another one."""
    zone = wire.time_zone(services.clock.now())
    now = health_schemas.HealthNow(state=services.health.state(), time_zone=zone)
    return Value(views.texts(now)), _soon(services)


_WHOLE: Mapping[Kind, tuple[Shape, Read]] = {
    "channel": (Shape("entries", is_ordered=True), channel_value),
    "guide": (Shape("airings"), guide_value),
    "health": (Shape(), health_value),
    "state": (Shape(), state_value),
}


def _soon(services: Services) -> Ticks:
    return Ticks(services.clock.now() + 2 * TICKS_PER_SECOND)


def _held(channel: Channel) -> str | None:
    return channel.timeline.held.entry if channel.timeline.held else None


def _first(*instants: Ticks | None) -> Ticks | None:
    return min((each for each in instants if each is not None), default=None)

"""Passes on to the topics what changes in the library and in the channels."""

from insta_stream.api.events.hub import Hub
from insta_stream.api.events.topics import Topic
from insta_stream.api.events.values import ServerSources
from insta_stream.api.events.videos import VideosSource
from insta_stream.api.services import Services
from insta_stream.duties import Duties
from insta_stream.ids import ChannelSlug, VideoId
from insta_stream.library.library import Library


def follow(services: Services, duties: Duties) -> Hub:
    """Return a hub that is told of every change from now on. duties: keep its topics' values."""
    videos = VideosSource(services.library, services.clock, services.people.title_of)
    hub = Hub(ServerSources(services, videos), services.clock, duties)
    library_news = _LibraryNews(hub, services.library, videos)

    def channel_changed(slug: ChannelSlug) -> None:
        hub.tell_all("channels")
        for topic in (Topic("channel", slug), Topic("guide", slug)):
            hub.tell(topic)

    services.channels.watch(channel_changed)
    services.library.watch(library_news.tell)
    return hub


class _LibraryNews:
    """Tells channels of a video only when what they say of it has changed: a package grows every second."""

    def __init__(self, hub: Hub, library: Library, videos: VideosSource) -> None:
        self._hub = hub
        self._library = library
        self._videos = videos
        self._told: dict[VideoId, tuple[object, ...]] = {}

    def tell(self, id_: VideoId) -> None:
        self._videos.note(id_)
        self._hub.tell(Topic("videos"))
        video = self._library.shown(id_)
        facts = () if video is None else (video.name, video.duration, video.state, video.airable)
        if self._told.get(id_) != facts:
            self._told[id_] = facts
            self._hub.tell_all("channels", "channel", "guide")

"""The value of the topic "videos": thousands of them, of which few change at a time."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace

from insta_stream.api import views
from insta_stream.api.events.feed import Shape, Value
from insta_stream.clock import Clock
from insta_stream.ids import VideoId
from insta_stream.library.library import Library
from insta_stream.library.video import Video
from insta_stream.ticks import TICKS_PER_SECOND, Ticks

PULSE = Ticks(TICKS_PER_SECOND // 2)
"""How often it is looked how far uploads and packaging are: nobody tells."""


class VideosSource:
    """Looks again only at what it was told of, and at what is under way."""

    shape = Shape("videos")

    def __init__(self, library: Library, clock: Clock, called: views.Called) -> None:
        self._library = library
        self._called = called
        self._clock = clock
        self._videos: dict[VideoId, Video] | None = None
        self._shown: dict[VideoId, Video] = {}
        self._value = Value({}, {})
        self._stale: set[VideoId] = set()

    def begin(self) -> None:
        """Read everything anew: nobody has listened for a while."""
        self._videos = None

    def note(self, video: VideoId) -> None:
        """Take note that something has changed about a video, or it was deleted."""
        self._stale.add(video)

    async def read(self) -> tuple[Value, Ticks | None]:
        """Return all videos, those that are coming in too."""
        self._videos = self._look()
        shown = self._incoming() | self._videos
        changed = [video for id_, video in shown.items() if video is not self._shown.get(id_)]
        if changed or len(self._shown) != len(shown):
            texts: dict[str, str] = {**self._value.members, **await asyncio.to_thread(self._written, changed)}
            self._value = Value({}, {id_: texts[id_] for id_ in shown})
            self._shown = shown  # not before: who leaves in the meantime stops this, and nothing is written
        return self._value, Ticks(self._clock.now() + PULSE)

    def _look(self) -> dict[VideoId, Video]:
        """Return the library's videos as they are now; those that have not changed are the same values."""
        stale, self._stale = self._stale, set()
        if self._videos is None:
            return {video.id: video for video in self._library.videos()}
        under_way = {id_ for id_, video in self._videos.items() if video.state == "packaging"}
        looked_at = {id_: self._library.shown(id_) for id_ in stale | under_way}
        seen = {**self._videos, **looked_at}
        return {id_: video for id_, video in seen.items() if video is not None}

    def _incoming(self) -> dict[VideoId, Video]:
        return {video.id: self._dated(video) for video in self._library.uploads()}

    def _dated(self, upload: Video) -> Video:
        """Return an upload with the date at which it was first seen; the same value where nothing changed."""
        before = self._shown.get(upload.id)
        if before is None:
            return upload
        upload = replace(upload, added_at=before.added_at)
        return before if upload == before else upload

    def _written(self, videos: Iterable[Video]) -> dict[str, str]:
        return {video.id: views.video(video, self._called).model_dump_json(by_alias=True) for video in videos}

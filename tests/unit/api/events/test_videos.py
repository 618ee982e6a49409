"""The topic of all videos."""

import asyncio
from dataclasses import dataclass, field
from typing import cast

import pytest
from tests.support.shelf import TestShelf

from insta_stream.api.events.videos import VideosSource
from insta_stream.clock import Clock
from insta_stream.ids import VideoId
from insta_stream.library.library import Library as RealLibrary
from insta_stream.library.video import Video


@dataclass
class Library:
    """A library whose videos are the same values as long as nothing about them changes."""

    shelf: TestShelf = field(default_factory=TestShelf)

    def videos(self) -> tuple[Video, ...]:
        return tuple(film.video for film in self.shelf.films.values())

    def uploads(self) -> tuple[Video, ...]:
        return ()

    def shown(self, id_: VideoId) -> Video | None:
        return self.shelf.films[id_].video if self.shelf.has(id_) else None


async def test_a_reader_that_leaves_too_soon_leaves_nothing_undone() -> None:
    library = Library()
    film = library.shelf.film("one")
    source = VideosSource(cast("RealLibrary", library), Clock(), lambda _: None)
    source.begin()
    first = asyncio.create_task(source.read())
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    source.begin()
    value, _ = await source.read()
    assert list(value.members) == [film.video.id]


async def test_what_has_not_changed_is_not_written_anew() -> None:
    library = Library()
    film = library.shelf.film("one")
    source = VideosSource(cast("RealLibrary", library), Clock(), lambda _: None)
    source.begin()
    before, _ = await source.read()
    again, _ = await source.read()
    assert again is before
    other = library.shelf.film("two")
    source.note(other.video.id)
    after, _ = await source.read()
    assert list(after.members) == [film.video.id, other.video.id]
    assert after.members[film.video.id] is before.members[film.video.id]
    library.shelf.delete(film)
    source.note(film.video.id)
    assert list((await source.read())[0].members) == [other.video.id]

"""What channels have of videos, before these are deleted."""

import pytest
from tests.support.shelf import Film
from tests.unit.channels.conftest import Desk, Studio

from insta_stream.channels.slug import MAIN
from insta_stream.channels.usage import Usage, usage
from insta_stream.ids import ChannelSlug, VideoId

KIDS = ChannelSlug("kids")


@pytest.fixture
def films(studio: Studio) -> list[Film]:
    return [studio.shelf.film(name) for name in ("one", "two", "three")]


@pytest.fixture
def videos(films: list[Film]) -> list[VideoId]:
    return [film.video.id for film in films]


def used(desk: Desk, studio: Studio, *videos: VideoId) -> Usage:
    wanted = frozenset(videos)
    return usage(desk.channels.using(wanted), wanted, studio.shelf, studio.clock.now())


def told(found: Usage) -> list[tuple[str, int, bool, bool, bool]]:
    return [
        (use.channel.slug, use.times, use.is_on_air, use.is_slate, use.leaves_nothing) for use in found.uses
    ]


async def test_where_a_video_is_used_and_what_is_left_without_it(
    desk: Desk, studio: Studio, videos: list[VideoId]
) -> None:
    one, two, three = videos
    await desk.registry.create(KIDS, "Kids")
    await desk.registry.create("off", "Off", slate=three)
    await desk.playlists.add(MAIN, [one, two, one])
    await desk.playlists.add(KIDS, [one])
    await desk.playlists.add(ChannelSlug("off"), [one])
    for slug in (MAIN, KIDS):
        await desk.streams.start(slug)
    studio.hands.forward(0.5)
    await desk.playlists.jump_to_index(MAIN, 1)
    studio.hands.forward(3)
    found = used(desk, studio, one)
    assert told(found) == [
        ("kids", 1, True, False, True),
        ("main", 2, False, False, False),
        ("off", 1, False, False, False),
    ]
    assert (found.playlists, found.on_air, found.left_empty, found.slates) == (3, 1, 1, 0)
    assert used(desk, studio, one, two).left_empty == 2
    assert told(used(desk, studio, three)) == [("off", 0, False, True, False)]


async def test_what_cannot_air_is_nothing_left(desk: Desk, studio: Studio, videos: list[VideoId]) -> None:
    growing = studio.shelf.film("growing", available=0)
    await desk.playlists.add(MAIN, [videos[0], growing.video.id])
    await desk.streams.start(MAIN)
    assert used(desk, studio, videos[0]).left_empty == 1
    studio.shelf.grow(growing, 3)
    assert used(desk, studio, videos[0]).left_empty == 0


async def test_what_leaves_every_playlist_is_unused(
    desk: Desk, studio: Studio, videos: list[VideoId]
) -> None:
    await desk.playlists.add(MAIN, videos)
    await desk.registry.update(MAIN, slate=videos[2])
    assert set(videos) <= desk.channels.used()
    await desk.playlists.clear(MAIN)
    assert desk.channels.used() & set(videos) == {videos[2]}
    assert told(used(desk, studio, *videos)) == [("main", 0, False, True, False)]


async def test_few_of_many_channels_are_named(
    desk: Desk, studio: Studio, videos: list[VideoId], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("insta_stream.channels.usage.MOST", 2)
    for number in range(4):
        slug = ChannelSlug(f"c{number}")
        await desk.registry.create(slug, "C")
        await desk.playlists.add(slug, videos[:1])
    await desk.streams.start(ChannelSlug("c3"))
    found = used(desk, studio, videos[0])
    assert (found.uses[0].channel.slug, len(found.uses), found.playlists) == ("c3", 2, 4)

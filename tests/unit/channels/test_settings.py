"""A channel's settings: rungs, slate, window."""

import pytest
from tests.support.shelf import TestShelf
from tests.support.waiting import until
from tests.unit.channels.conftest import MAIN, Desk, Hands, Studio, listed

from insta_stream.errors import BadRequest, Unknown
from insta_stream.ids import VideoId
from insta_stream.ticks import TICKS_PER_SECOND


async def test_other_rungs_come_with_the_next_broadcast(desk: Desk, shelf: TestShelf, hands: Hands) -> None:
    await desk.playlists.add(MAIN, [shelf.film("one").video.id])
    await desk.streams.start(MAIN)
    channel = await desk.registry.update("main", rungs=["240p", "720p"])
    assert channel.on_air is not None
    assert len(channel.on_air.rungs) == 5
    assert [rung.name for rung in channel.rungs] == ["720p", "240p"]
    await desk.streams.stop(MAIN)
    hands.forward(5)
    await desk.streams.start(MAIN)
    present = desk.channels.get(MAIN).on_air
    assert present is not None
    assert [rung.name for rung in present.rungs] == ["720p", "240p"]


async def test_a_slate_of_ones_own_covers_an_empty_playlist(
    desk: Desk, studio: Studio, shelf: TestShelf, hands: Hands
) -> None:
    own = shelf.film("own slate")
    await desk.registry.update("main", slate=own.video.id)
    await desk.streams.start(MAIN)
    assert listed(desk, studio).segments[-1].package == own.package
    await desk.registry.update("main", slate=None)
    hands.forward(8)
    assert listed(desk, studio).segments[-1].package == shelf.slate_film.package


async def test_a_slate_and_a_window_that_change_together_both_show(
    desk: Desk, studio: Studio, shelf: TestShelf, hands: Hands
) -> None:
    own = shelf.film("own slate")
    await desk.streams.start(MAIN)
    await desk.registry.update("main", slate=own.video.id, window_seconds=120)
    hands.forward(120)
    first, *_, last = listed(desk, studio).segments
    assert last.package == own.package
    assert last.ends_at - first.starts_at == 120 * TICKS_PER_SECOND


async def test_a_slate_that_is_deleted_gives_way_to_the_built_in_one_for_good(
    desk: Desk, studio: Studio, shelf: TestShelf, hands: Hands
) -> None:
    own = shelf.film("own slate")
    await desk.registry.update("main", slate=own.video.id)
    await desk.streams.start(MAIN)
    shelf.delete(own)
    await until(lambda: desk.channels.get(MAIN).slate is None)
    hands.forward(8)
    assert listed(desk, studio).segments[-1].package == shelf.slate_film.package
    shelf.restore(own)
    await desk.registry.update("main", title="Still")
    assert desk.channels.get(MAIN).slate is None


async def test_a_window_can_be_made_longer_on_the_air(
    desk: Desk, studio: Studio, shelf: TestShelf, hands: Hands
) -> None:
    await desk.playlists.add(MAIN, [shelf.film("one").video.id])
    await desk.streams.start(MAIN)
    hands.forward(100)
    await desk.registry.update("main", window_seconds=120)
    hands.forward(100)
    first, *_, last = listed(desk, studio).segments
    assert last.ends_at - first.starts_at == 120 * TICKS_PER_SECOND


async def test_settings_that_make_no_sense_are_refused_by_name(desk: Desk) -> None:
    with pytest.raises(BadRequest, match="`title`") as title:
        await desk.registry.create("music", "  ")
    with pytest.raises(BadRequest, match="`rungs`") as rungs:
        await desk.registry.create("music", "Music", rungs=["8K"])
    with pytest.raises(BadRequest, match="`windowSeconds`") as window:
        await desk.registry.create("music", "Music", window_seconds=0)
    assert [each.value.code for each in (title, rungs, window)] == ["bad_title", "bad_rungs", "bad_window"]
    with pytest.raises(Unknown):
        await desk.registry.create("music", "Music", slate=VideoId("nothing"))
    assert len(desk.channels.all()) == 1

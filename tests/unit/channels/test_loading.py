"""Channels as they are read at a start: thousands of them, in no more memory than they need."""

import pytest
from tests.unit.channels.conftest import Studio

from insta_stream.channels import store
from insta_stream.ids import ChannelSlug

NAMES = tuple(map(ChannelSlug, ("one", "two", "three")))


async def _fill(studio: Studio) -> None:
    """Make three channels that play the same two films, and put them on the air."""
    films = [studio.shelf.film(name).video.id for name in ("first", "second")]
    async with studio.open() as desk:
        for name in NAMES:
            await desk.registry.create(name, name)
            await desk.playlists.add(name, films)
            await desk.streams.start(name)


@pytest.mark.parametrize("at_once", [1, 2, 100])
async def test_channels_are_read_group_by_group(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    await _fill(studio)
    async with studio.open(follows=False) as desk:
        before = desk.channels.all()
    monkeypatch.setattr(store, "AT_ONCE", at_once)
    async with studio.open(follows=False) as desk:
        assert desk.channels.all() == before
        assert all(desk.channels.get(name).timeline.runs for name in NAMES)


async def test_what_channels_have_in_common_is_in_memory_once(studio: Studio) -> None:
    await _fill(studio)
    async with studio.open(follows=False) as desk:
        one, two, three = map(desk.channels.get, NAMES)
        for other in (two, three):
            assert other.rungs is one.rungs
            (declared,), (also,) = one.broadcasts.values(), other.broadcasts.values()
            assert also.rungs is declared.rungs
            for mine, theirs in zip(one.timeline.entries, other.timeline.entries, strict=True):
                assert mine.video is theirs.video
        slots = one.timeline.runs[0].program.slots
        assert {id(slot.entry) for slot in slots} == {id(entry.id) for entry in one.timeline.entries}


async def test_entries_that_were_added_together_share_their_instant(studio: Studio) -> None:
    await _fill(studio)
    async with studio.open(follows=False) as desk:
        assert len({id(at) for at in desk.channels.get("one").added_at.values()}) == 1

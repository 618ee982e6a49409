import pytest
from tests.support.shelf import Film
from tests.unit.channels.conftest import MAIN, Desk, Studio

from insta_stream.api.bodies import MAX_JSON_BYTES
from insta_stream.api.playlist_schemas import Order
from insta_stream.channels import playlist
from insta_stream.errors import BadRequest, Unknown, WrongState
from insta_stream.ids import EntryId, VideoId
from insta_stream.ticks import TICKS_PER_SECOND


@pytest.fixture
def films(studio: Studio) -> list[Film]:
    return [studio.shelf.film(name) for name in ("one", "two", "three")]


@pytest.fixture
def videos(films: list[Film]) -> list[VideoId]:
    return [film.video.id for film in films]


def order(desk: Desk) -> list[str]:
    return [item.video.name for item in desk.playlists.status(MAIN).items]


async def test_videos_are_added_at_the_end_or_where_one_says(desk: Desk, videos: list[VideoId]) -> None:
    await desk.playlists.add(MAIN, videos[:2])
    applied = await desk.playlists.add(MAIN, videos[2:], at=1)
    assert order(desk) == ["one", "three", "two"]
    assert applied.added == (desk.playlists.status(MAIN).items[1].entry,)
    with pytest.raises(BadRequest, match="`at`"):
        await desk.playlists.add(MAIN, videos, at=4)


async def test_an_uploaded_video_joins_once_whoever_lets_it(
    studio: Studio, desk: Desk, videos: list[VideoId], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two, three = videos
    await desk.playlists.add(MAIN, [one])
    await desk.streams.start(MAIN)
    joined = await desk.playlists.join(MAIN, two)
    assert len(joined.added) == 1
    awaited = desk.playlists.channels.get(MAIN)
    again = await desk.playlists.join(MAIN, two)
    assert again.added == ()
    assert again.effective_at == joined.effective_at > studio.clock.now()
    assert desk.playlists.channels.get(MAIN) is awaited
    await desk.playlists.undo(MAIN)  # the other one was no edit
    assert order(desk) == ["one"]
    monkeypatch.setattr(playlist, "MAX_ENTRIES", 1)
    with pytest.raises(BadRequest, match="at most"):
        await desk.playlists.join(MAIN, three)
    with pytest.raises(Unknown):
        await desk.playlists.join(MAIN, VideoId("nothing"))


async def test_a_video_may_be_there_twice_and_its_first_entry_goes_first(
    desk: Desk, videos: list[VideoId]
) -> None:
    one, two, _ = videos
    applied = await desk.playlists.add(MAIN, [one, two, one])
    await desk.playlists.remove_video(MAIN, one)
    assert [item.entry for item in desk.playlists.status(MAIN).items] == list(applied.added[1:])


async def test_what_is_not_there_cannot_be_added_or_removed(desk: Desk, videos: list[VideoId]) -> None:
    with pytest.raises(Unknown):
        await desk.playlists.add(MAIN, [*videos, VideoId("nothing")])
    with pytest.raises(Unknown):
        await desk.playlists.remove_video(MAIN, videos[0])
    with pytest.raises(Unknown):
        await desk.playlists.remove(MAIN, [EntryId("nothing")])
    assert order(desk) == []


async def test_an_order_is_a_permutation(desk: Desk, videos: list[VideoId]) -> None:
    one, two, three = videos
    await desk.playlists.add(MAIN, videos)
    await desk.playlists.reorder_videos(MAIN, [three, one, two])
    assert order(desk) == ["three", "one", "two"]
    entries = [item.entry for item in desk.playlists.status(MAIN).items]
    await desk.playlists.reorder(MAIN, entries[::-1])
    assert order(desk) == ["two", "one", "three"]
    for wrong in ([one], [one, two, two], [one, two, three, three], [one, two, VideoId("nothing")]):
        with pytest.raises(BadRequest, match="`order`"):
            await desk.playlists.reorder_videos(MAIN, wrong)
    with pytest.raises(BadRequest, match="`order`"):
        await desk.playlists.reorder(MAIN, entries[:2])


async def test_replacing_keeps_the_places_that_stay(desk: Desk, videos: list[VideoId]) -> None:
    one, two, three = videos
    first, _ = (await desk.playlists.add(MAIN, [one, two])).added
    await desk.playlists.replace(MAIN, [three, one, one])
    items = desk.playlists.status(MAIN).items
    assert [item.video.name for item in items] == ["three", "one", "one"]
    assert items[1].entry == first
    assert len({item.entry for item in items}) == 3


async def test_undo_brings_back_the_list_and_undoes_itself(desk: Desk, videos: list[VideoId]) -> None:
    with pytest.raises(WrongState, match="no edit to undo"):
        await desk.playlists.undo(MAIN)
    await desk.playlists.add(MAIN, videos)
    before = desk.playlists.status(MAIN)
    await desk.playlists.clear(MAIN)
    await desk.playlists.undo(MAIN)
    assert desk.playlists.status(MAIN) == before
    await desk.playlists.undo(MAIN)
    assert order(desk) == []


async def test_undo_does_not_bring_back_what_was_deleted(
    desk: Desk, studio: Studio, films: list[Film], videos: list[VideoId]
) -> None:
    await desk.playlists.add(MAIN, videos)
    await desk.playlists.clear(MAIN)
    studio.shelf.delete(films[1])
    await desk.playlists.undo(MAIN)
    assert order(desk) == ["one", "three"]


async def test_a_jump_shows_in_the_status_when_it_is_on_the_air(
    desk: Desk, studio: Studio, videos: list[VideoId]
) -> None:
    await desk.playlists.add(MAIN, videos)
    await desk.streams.start(MAIN)
    applied = await desk.playlists.jump_to_index(MAIN, 2)
    studio.hands.forward((applied.effective_at - studio.clock.now()) / TICKS_PER_SECOND + 0.5)
    status = desk.streams.status(MAIN)
    assert status.current is not None
    assert status.current.video.name == "three"
    assert status.position is not None
    assert 0 <= status.position < TICKS_PER_SECOND
    for index in (-1, 3):
        with pytest.raises(BadRequest, match="`index`"):
            await desk.playlists.jump_to_index(MAIN, index)


async def test_the_states_of_a_channel(desk: Desk, studio: Studio, videos: list[VideoId]) -> None:
    await desk.playlists.add(MAIN, videos)
    off = desk.streams.status(MAIN)
    assert (off.state, off.is_streaming, off.broadcast, off.current) == ("off", False, None, None)
    for action in (desk.streams.stop, desk.streams.pause, desk.streams.resume):
        with pytest.raises(WrongState):
            await action(MAIN)
    await desk.streams.start(MAIN)
    with pytest.raises(WrongState):
        await desk.streams.start(MAIN)
    on = desk.streams.status(MAIN)
    assert (on.state, on.is_streaming, on.started_at) == ("on", True, studio.clock.now())
    await desk.streams.pause(MAIN)
    studio.hands.forward(5)
    paused = desk.streams.status(MAIN)
    assert (paused.state, paused.is_streaming, paused.position) == ("paused", True, None)
    with pytest.raises(WrongState):
        await desk.streams.pause(MAIN)
    await desk.streams.resume(MAIN)
    await desk.streams.stop(MAIN)
    assert desk.streams.status(MAIN).state == "off"


async def test_on_the_slate_of_an_empty_playlist_an_added_video_shows_when_a_skip_would(
    desk: Desk, studio: Studio, videos: list[VideoId]
) -> None:
    await desk.streams.start(MAIN)
    studio.hands.forward(3)
    foreseen = desk.streams.next_border(MAIN)
    added = await desk.playlists.add(MAIN, videos)
    assert foreseen == (added.effective_at, added.effective_at)
    studio.hands.forward(3)
    await desk.streams.pause(MAIN)
    assert desk.streams.next_border(MAIN)[1] is None
    await desk.streams.stop(MAIN)
    assert desk.streams.next_border(MAIN) == (None, None)


async def test_right_after_a_jump_an_added_video_is_foreseen_behind_its_target(
    desk: Desk, studio: Studio, videos: list[VideoId]
) -> None:
    await desk.playlists.add(MAIN, videos)
    await desk.streams.start(MAIN)
    studio.hands.forward(1)
    jumped = await desk.playlists.jump_to_index(MAIN, 1)
    skip_at, border_at = desk.streams.next_border(MAIN)
    added = await desk.playlists.add(MAIN, videos[:1], at=2)
    assert (skip_at, border_at) == (jumped.effective_at, added.effective_at)
    assert added.effective_at > jumped.effective_at


async def test_ten_thousand_videos_at_once(desk: Desk, videos: list[VideoId]) -> None:
    await desk.streams.start(MAIN)
    applied = await desk.playlists.replace(MAIN, [videos[n % 3] for n in range(10_000)])
    assert len(applied.added) == 10_000
    await desk.playlists.remove(MAIN, applied.added[::2])
    assert len(desk.playlists.status(MAIN).items) == 5_000


async def test_a_playlist_is_as_long_as_one_request_can_say(
    desk: Desk, videos: list[VideoId], monkeypatch: pytest.MonkeyPatch
) -> None:
    added = (await desk.playlists.add(MAIN, [videos[n % 3] for n in range(25_000)])).added
    with pytest.raises(BadRequest, match="25,000"):
        await desk.playlists.add(MAIN, videos[:1])
    assert len(Order(order=list(added)).model_dump_json()) < MAX_JSON_BYTES
    monkeypatch.setattr(playlist, "MAX_ENTRIES", 9_000)  # a longer one can be made shorter, and sorted
    await desk.playlists.remove(MAIN, added[:1])
    await desk.playlists.reorder(MAIN, added[:0:-1])
    assert len(desk.playlists.status(MAIN).items) == 24_999


async def test_the_state_of_a_channel_that_was_just_deleted_can_be_told(desk: Desk) -> None:
    channel = await desk.registry.create("music", "Music")
    await desk.registry.delete("music")
    assert desk.streams.status_of(channel).state == "off"


async def test_a_video_that_is_deleted_while_the_playlist_is_read_is_left_out(
    desk: Desk, studio: Studio, videos: list[VideoId], films: list[Film], monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.playlists.add(MAIN, videos)
    await desk.streams.start(MAIN)
    on_air = desk.playlists.status(MAIN).current
    assert on_air is not None
    monkeypatch.setattr(studio.shelf, "has", lambda _: True)  # as it was when it was asked
    for film in films:
        if film.video.id == on_air.video.id:
            del studio.shelf.films[film.video.id]
    status = desk.playlists.status(MAIN)
    assert (len(status.items), status.current_index) == (2, -1)
    assert desk.streams.status(MAIN).current is None

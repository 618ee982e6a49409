"""What comes back to a playlist: with a restored video, and by undo."""

from tests.support.shelf import TestShelf
from tests.support.waiting import until
from tests.unit.channels.conftest import MAIN, MUSIC, Desk, Studio, entries


async def test_a_restored_video_comes_back_to_every_playlist_to_its_places(
    desk: Desk, studio: Studio, shelf: TestShelf
) -> None:
    one, two, three = (shelf.film(name) for name in ("one", "two", "three"))
    await desk.registry.create("music", "Music")
    await desk.playlists.add(MAIN, [film.video.id for film in (one, two, one, three)])
    await desk.playlists.add(MUSIC, [two.video.id])
    before = {slug: desk.channels.get(slug) for slug in (MAIN, MUSIC)}
    for film in (one, two):
        shelf.delete(film)
    await until(lambda: len(entries(desk, MAIN)) == 1)
    await until(lambda: entries(desk, MUSIC) == ())
    extra = shelf.film("extra")
    (added,) = (await desk.playlists.add(MAIN, [extra.video.id])).added
    async with studio.open() as again:  # it outlives a restart
        assert again.channels.get(MAIN) == desk.channels.get(MAIN)
    for film in (two, one):
        shelf.restore(film)
    await until(lambda: len(entries(desk, MAIN)) == 5)
    await until(lambda: len(entries(desk, MUSIC)) == 1)
    assert entries(desk, MAIN)[:4] == before[MAIN].timeline.entries
    assert entries(desk, MAIN)[4].id == added
    assert entries(desk, MUSIC) == before[MUSIC].timeline.entries
    assert desk.channels.get(MAIN).absent == ()
    assert desk.channels.get(MUSIC).added_at == before[MUSIC].added_at


async def test_a_video_that_was_restored_while_nobody_looked_comes_back(
    studio: Studio, shelf: TestShelf
) -> None:
    film = shelf.film("film")
    async with studio.open() as desk:
        await desk.playlists.add(MAIN, [film.video.id])
        shelf.delete(film)
        await until(lambda: entries(desk, MAIN) == ())
    shelf.callbacks.clear()
    shelf.restore(film)
    async with studio.open() as desk:
        await until(lambda: len(entries(desk, MAIN)) == 1)


async def test_what_somebody_removed_or_cleared_does_not_come_back_with_its_video(
    desk: Desk, shelf: TestShelf
) -> None:
    one, two = shelf.film("one"), shelf.film("two")
    (first, _) = (await desk.playlists.add(MAIN, [one.video.id, two.video.id])).added
    await desk.playlists.remove(MAIN, [first])
    shelf.delete(one)
    shelf.delete(two)
    await until(lambda: entries(desk, MAIN) == ())
    shelf.restore(one)
    shelf.restore(two)
    await until(lambda: [entry.video for entry in entries(desk, MAIN)] == [two.video.id])
    shelf.delete(two)
    await until(lambda: entries(desk, MAIN) == ())
    await desk.playlists.clear(MAIN)
    shelf.restore(two)
    await desk.playlists.add(MAIN, [one.video.id])
    assert [entry.video for entry in entries(desk, MAIN)] == [one.video.id]


async def test_what_is_not_in_a_list_that_replaced_all_does_not_come_back_with_its_video(
    desk: Desk, shelf: TestShelf
) -> None:
    one, two = shelf.film("one"), shelf.film("two")
    await desk.playlists.add(MAIN, [one.video.id, two.video.id])
    whole = entries(desk, MAIN)
    shelf.delete(two)
    await until(lambda: len(entries(desk, MAIN)) == 1)
    await desk.playlists.replace(MAIN, [one.video.id])
    assert desk.channels.get(MAIN).awaited == frozenset()
    shelf.restore(two)
    await desk.playlists.undo(MAIN)
    assert entries(desk, MAIN) == whole


async def test_undo_takes_back_the_last_edit_of_a_person_not_a_deletion(desk: Desk, shelf: TestShelf) -> None:
    one, two = shelf.film("one"), shelf.film("two")
    await desk.playlists.add(MAIN, [one.video.id])
    await desk.playlists.add(MAIN, [two.video.id])
    shelf.delete(one)
    await until(lambda: len(entries(desk, MAIN)) == 1)
    await desk.playlists.undo(MAIN)
    assert entries(desk, MAIN) == ()
    shelf.restore(one)
    await until(lambda: [entry.video for entry in entries(desk, MAIN)] == [one.video.id])


async def test_undo_leaves_what_was_restored_meanwhile_in_its_place(desk: Desk, shelf: TestShelf) -> None:
    one, two, three = (shelf.film(name) for name in ("one", "two", "three"))
    await desk.playlists.add(MAIN, [film.video.id for film in (one, two, one)])
    whole = entries(desk, MAIN)
    shelf.delete(two)
    await until(lambda: len(entries(desk, MAIN)) == 2)
    await desk.playlists.add(MAIN, [three.video.id])
    shelf.restore(two)
    await until(lambda: len(entries(desk, MAIN)) == 4)
    await desk.playlists.undo(MAIN)
    assert entries(desk, MAIN) == whole


async def test_what_undo_brings_back_of_a_deleted_video_comes_back_with_it(
    desk: Desk, shelf: TestShelf
) -> None:
    one, two = shelf.film("one"), shelf.film("two")
    await desk.playlists.add(MAIN, [two.video.id, one.video.id])
    whole = entries(desk, MAIN)
    shelf.delete(two)
    await until(lambda: len(entries(desk, MAIN)) == 1)
    await desk.playlists.clear(MAIN)
    await desk.playlists.undo(MAIN)
    assert entries(desk, MAIN) == whole[1:]
    shelf.restore(two)
    await until(lambda: entries(desk, MAIN) == whole)

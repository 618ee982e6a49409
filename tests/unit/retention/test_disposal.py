"""Deletions beside edits and other deletions, of several processes on one database."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import event, func, select
from tests.support.shelf import Film, TestShelf
from tests.unit.channels.conftest import MAIN, Desk, Studio
from tests.unit.retention.conftest import JanitorOf

from insta_stream.db import restored
from insta_stream.db.channels import program, program_package, run
from insta_stream.errors import NotReady
from insta_stream.ids import ChannelSlug
from insta_stream.retention.janitor import Janitor, Plan
from insta_stream.retention.policy import Deletion, Kind
from insta_stream.storage.folder import DataFolder
from insta_stream.ticks import Ticks

KINDS: tuple[Kind, ...] = ("video", "package", "record")


async def delete(janitor: Janitor, *films: Film) -> None:
    """Delete videos; the shelf that channels see knows nothing of it, as that of another process may not."""
    for film in films:
        await janitor.disposal.library.catalogue.delete(film.video.id, janitor.clock.now())


async def released(janitor: Janitor, film: Film) -> tuple[Plan, Deletion]:
    """Release a deleted video; return the plan that comes next, and what it says of the package."""
    rules = replace(janitor.rules, keep_deleted=Ticks(0))
    await janitor._do(await janitor._planned(rules), "video")
    planned = await janitor._planned(rules)
    (purge,) = [each for each in planned.deletions if each.id == film.package]
    assert purge.is_due(janitor.clock.now())
    return planned, purge


async def counts(desk: Desk) -> list[int]:
    """Return how many runs, programs and names of packages are stored."""
    tables = (run, program, program_package)
    async with desk.database.read() as connection:
        return [await connection.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


def make_files(folder: DataFolder, *films: Film) -> None:
    for film in films:
        folder.rendition(film.package, "240p").mkdir(parents=True)


async def test_what_an_edit_names_after_the_plan_was_made_is_kept(
    desk: Desk, studio: Studio, shelf: TestShelf, folder: DataFolder, janitor_of: JanitorOf
) -> None:
    film = shelf.film("film")
    make_files(folder, film)
    janitor = await janitor_of(desk)
    await delete(janitor, film)
    planned, purge = await released(janitor, film)
    async with studio.open(follows=False) as other:
        await other.playlists.add(MAIN, [film.video.id])
        await other.streams.start(MAIN)
        assert not await janitor.disposal.carry_out(purge, planned.as_of)
        assert await janitor.tidy_up() == ()
        assert folder.package(film.package).exists()
        studio.hands.forward(5)
        await other.playlists.clear(MAIN)
        studio.hands.forward(3600)
        await desk.channels.ask()
        assert [each.kind for each in await janitor.tidy_up()] == ["package"]
        assert not folder.package(film.package).exists()


async def test_what_a_channel_names_that_was_deleted_after_the_plan_was_made_is_kept(
    desk: Desk, studio: Studio, shelf: TestShelf, folder: DataFolder, janitor_of: JanitorOf
) -> None:
    film = shelf.film("film")
    make_files(folder, film)
    janitor = await janitor_of(desk)
    await delete(janitor, film)
    planned, purge = await released(janitor, film)
    async with studio.open(follows=False) as other:
        await other.registry.create("music", "Music")
        await other.playlists.add(ChannelSlug("music"), [film.video.id])
        await other.streams.start(ChannelSlug("music"))
        studio.hands.forward(5)
        await other.streams.stop(ChannelSlug("music"))
        await other.registry.delete("music")
    assert not await janitor.disposal.carry_out(purge, planned.as_of)
    assert folder.package(film.package).exists()


@pytest.mark.parametrize("is_forgotten", [False, True])
async def test_an_edit_that_names_what_was_just_deleted_is_refused_and_nothing_of_it_stays(
    desk: Desk,
    studio: Studio,
    shelf: TestShelf,
    folder: DataFolder,
    janitor_of: JanitorOf,
    *,
    is_forgotten: bool,
) -> None:
    film, other_film = shelf.film("film"), shelf.film("other")
    make_files(folder, film)
    async with studio.open(follows=False) as other:
        await other.playlists.add(MAIN, [film.video.id])
        before = other.channels.get(MAIN)
        janitor = await janitor_of(desk)
        await delete(janitor, film)
        kinds = [each.kind for each in await janitor.tidy_up(with_deleted=True)]
        assert kinds == ["video", "package"]
        if is_forgotten:
            assert [each.kind for each in await janitor.tidy_up()] == ["record"]
        stored = await counts(other)
        with pytest.raises(NotReady, match=r"Try again\."):
            await other.streams.start(MAIN)
        assert await counts(other) == stored
        assert other.channels.get(MAIN) == before
        async with studio.open(follows=False) as later:
            assert later.channels.get(MAIN) == before
        shelf.films.pop(film.video.id)  # it has heard of the deletion
        await other.playlists.add(MAIN, [other_film.video.id])
        await other.streams.start(MAIN)
        assert other.channels.get(MAIN).timeline.state == "on"


async def test_the_record_of_a_package_stays_as_long_as_a_run_names_it(
    desk: Desk, studio: Studio, shelf: TestShelf, janitor_of: JanitorOf
) -> None:
    film = shelf.film("film")
    await desk.playlists.add(MAIN, [film.video.id])
    await desk.streams.start(MAIN)
    studio.hands.forward(5)
    await desk.streams.stop(MAIN)
    janitor = await janitor_of(desk)
    await delete(janitor, film)
    studio.hands.forward(3600)
    await desk.channels.ask()
    done = await janitor.tidy_up(with_deleted=True)
    assert [each.kind for each in done] == ["video", "package"]
    assert await janitor.plan() == await janitor.tidy_up() == ()
    record = Deletion("record", film.package, film.video.id, "film", "unnamed", Ticks(0), 0)
    assert not await janitor.disposal.carry_out(record, 0)
    shelf.films.pop(film.video.id)
    await desk.streams.start(MAIN)  # with nothing but the slate
    studio.hands.forward(40 * 86_400)
    assert [each.kind for each in await janitor.tidy_up()] == ["history", "record"]
    assert (await counts(desk))[1:] == [1, 1]


async def test_two_janitors_at_once_do_each_deletion_once_and_do_not_fail_each_other(
    desk: Desk, studio: Studio, shelf: TestShelf, folder: DataFolder, janitor_of: JanitorOf
) -> None:
    films = [shelf.film(f"film {number}") for number in range(5)]
    make_files(folder, *films)
    await desk.playlists.add(MAIN, [films[0].video.id, films[1].video.id])
    await desk.streams.start(MAIN)
    studio.hands.forward(5)
    await desk.playlists.clear(MAIN)
    async with studio.open(follows=False) as other:
        janitors = [await janitor_of(desk), await janitor_of(other)]
        await delete(janitors[0], *films)
        studio.hands.forward(40 * 86_400)
        for each in (desk, other):
            await each.channels.ask()
        done = []
        for kind in KINDS:
            news = await desk.editor.news.ask()
            assert news is not None
            for each in janitors:
                await each.disposal.library.catalogue.catch_up(news)
            plans = [await each._planned(each.rules) for each in janitors]
            doing = (each._do(planned, kind) for each, planned in zip(janitors, plans, strict=True))
            done += [(each.kind, each.id) for both in await asyncio.gather(*doing) for each in both]
            await asyncio.gather(*(desk.history.forget(MAIN), other.history.forget(MAIN)))
        wanted = [("video", film.video.id) for film in films]
        wanted += [(kind, film.package) for film in films for kind in ("package", "record")]
        assert sorted(done) == sorted(wanted)
        assert await asyncio.gather(*(each.tidy_up() for each in janitors)) == [(), ()]
    assert folder.packages() == frozenset()


async def test_an_idle_janitor_asks_as_much_of_one_channel_as_of_many(
    desk: Desk, studio: Studio, shelf: TestShelf, janitor_of: JanitorOf
) -> None:
    film = shelf.film("film")
    janitor, asked = await janitor_of(desk), []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    async def questions() -> int:
        asked.clear()
        assert await janitor.tidy_up() == ()
        return len(asked)

    event.listen(desk.database._reader.sync_engine, "before_cursor_execute", note)
    first = await questions()
    for number in range(30):
        slug = ChannelSlug(f"c{number}")
        await desk.registry.create(slug, slug)
        await desk.playlists.add(slug, [film.video.id])
        await desk.streams.start(slug)
    studio.hands.forward(40 * 86_400)
    assert 0 < await questions() == first


async def test_a_backup_whose_history_names_what_is_gone_begins_anew(
    desk: Desk, studio: Studio, shelf: TestShelf, janitor_of: JanitorOf
) -> None:
    film = shelf.film("film")
    await desk.playlists.add(MAIN, [film.video.id])
    await desk.streams.start(MAIN)
    studio.hands.forward(5)
    await desk.playlists.clear(MAIN)  # the same broadcast goes on with the slate
    janitor = await janitor_of(desk)
    await delete(janitor, film)
    studio.hands.forward(3600)
    await desk.channels.ask()
    assert [each.kind for each in await janitor.tidy_up(with_deleted=True)] == ["video", "package"]
    async with desk.database.write() as connection:
        await restored.mark(connection, studio.clock.now())
    async with studio.open(follows=False) as again:
        assert again.channels.get(MAIN).timeline.state == "on"
        assert await again.history.named({film.package}) == {film.package}

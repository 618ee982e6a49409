import asyncio
import threading
from dataclasses import replace

import pytest

from insta_stream.db.videos import PackageRow, RenditionRow
from insta_stream.delivery import preview
from insta_stream.delivery.http import Refusal
from insta_stream.delivery.page import Page
from insta_stream.delivery.preview import Previews
from insta_stream.errors import Unknown
from insta_stream.hls.parse import parse
from insta_stream.hls.playlist import MediaPlaylist, MultivariantPlaylist
from insta_stream.ids import PackageId, VideoId
from insta_stream.media.ladder import RUNGS
from insta_stream.ticks import Ticks, seconds
from insta_stream.timeline.table import SegmentTable

ID = PackageId("a" * 32)
TABLE = SegmentTable(((3, seconds(2)), (1, seconds(1.5))))


class Shelf:
    """Knows one package."""

    def __init__(self, *renditions: RenditionRow) -> None:
        self.renditions = renditions

    def package(self, package: PackageId) -> PackageRow:
        if package != ID:
            raise Unknown(code="unknown_package")
        return PackageRow(
            ID, VideoId("b" * 32), Ticks(0), "packaging", True, True, True, 0, "", TABLE, (), self.renditions
        )


def rendition(name: str, published: int) -> RenditionRow:
    return RenditionRow(name, "encode", False, published, is_complete=published == TABLE.count)


async def entry(*renditions: RenditionRow) -> list[str]:
    playlist = parse((await Previews(Shelf(*renditions)).page(f"/media/{ID}/preview.m3u8")).plain.decode())
    assert isinstance(playlist, MultivariantPlaylist)
    return [variant.uri for variant in playlist.variants]


async def media(each: RenditionRow) -> MediaPlaylist:
    playlist = parse(
        (await Previews(Shelf(each)).page(f"/media/{ID}/{each.name}/preview.m3u8")).plain.decode()
    )
    assert isinstance(playlist, MediaPlaylist)
    return playlist


async def test_a_complete_rendition_has_an_end() -> None:
    playlist = await media(rendition("720p", 4))
    assert (playlist.is_ended, playlist.playlist_type, playlist.target_duration) == (True, "VOD", 2)
    assert [segment.uri for segment in playlist.segments] == ["0.ts", "1.ts", "2.ts", "3.ts"]
    assert playlist.duration == TABLE.length


async def test_one_that_grows_has_none_yet() -> None:
    playlist = await media(rendition("720p", 2))
    assert (playlist.is_ended, playlist.playlist_type) == (False, "EVENT")
    assert len(playlist.segments) == 2


async def test_what_is_complete_is_offered_first_and_else_what_has_begun() -> None:
    assert await entry(rendition("720p", 4), rendition("360p", 2)) == ["720p/preview.m3u8"]
    assert await entry(rendition("720p", 0), rendition("360p", 2)) == ["360p/preview.m3u8"]


@pytest.mark.parametrize(
    "path", ["preview.m3u8", "720p/preview.m3u8", "240p/preview.m3u8", "720p/other.m3u8"]
)
async def test_where_nothing_is_published_there_is_nothing_to_play(path: str) -> None:
    with pytest.raises(Refusal):
        await Previews(Shelf(rendition("720p", 0))).page(f"/media/{ID}/{path}")


async def test_another_package_is_unknown() -> None:
    with pytest.raises(Unknown):
        await Previews(Shelf()).page(f"/media/{'c' * 32}/preview.m3u8")


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The threads in which playlists were made."""
    threads: list[str] = []
    render = preview.Preview.render

    def counted(made: preview.Preview) -> Page:
        threads.append(threading.current_thread().name)
        return render(made)

    monkeypatch.setattr(preview.Preview, "render", counted)
    return threads


async def test_what_many_ask_for_is_made_once_and_not_on_the_loop(rendered: list[str]) -> None:
    previews, path = Previews(Shelf(rendition("720p", 4))), f"/media/{ID}/720p/preview.m3u8"
    pages = await asyncio.gather(*(previews.page(path) for _ in range(50)))
    assert len({id(page) for page in (*pages, await previews.page(path))}) == 1
    assert len(rendered) == 1
    assert threading.current_thread().name not in rendered


async def test_what_grows_is_made_anew_when_it_has_grown(rendered: list[str]) -> None:
    shelf = Shelf(rendition("720p", 1))
    previews, path = Previews(shelf), f"/media/{ID}/720p/preview.m3u8"
    for published in (1, 1, 2, 2, 4, 4):
        shelf.renditions = (rendition("720p", published),)
        text = (await previews.page(path)).plain.decode()
        assert text.count("#EXTINF") == published
    assert len(rendered) == 3
    shelf.renditions = ()
    with pytest.raises(Refusal):
        await previews.page(path)


async def test_few_are_kept(rendered: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preview, "KEPT_PAGES", 2)
    previews = Previews(Shelf(*(rendition(name, 4) for name in ("720p", "360p", "240p"))))
    for _ in range(2):
        for name in ("720p", "360p", "240p"):
            await previews.page(f"/media/{ID}/{name}/preview.m3u8")
    assert len(previews._kept) == 2
    assert len(rendered) == 6


async def test_a_rendition_that_was_measured_says_what_it_takes_and_another_its_caps() -> None:
    measured = replace(rendition("720p", 4), peak_bps=2_000_000, size_bytes=7_500 * 125)
    page = await Previews(Shelf(measured, rendition("360p", 4))).page(f"/media/{ID}/preview.m3u8")
    playlist = parse(page.plain.decode())
    assert isinstance(playlist, MultivariantPlaylist)
    known, unknown = playlist.variants
    assert (known.bandwidth, known.average_bandwidth) == (2_000_000, 1_000_000)
    assert unknown.bandwidth == RUNGS["360p"].peak_bps

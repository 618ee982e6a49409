import pytest

from insta_stream.db.videos import PackageRow, RenditionRow
from insta_stream.delivery.http import Refusal
from insta_stream.delivery.preview import Previews
from insta_stream.errors import Unknown
from insta_stream.hls.parse import parse
from insta_stream.hls.playlist import MediaPlaylist, MultivariantPlaylist
from insta_stream.ids import PackageId, VideoId
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


def entry(*renditions: RenditionRow) -> list[str]:
    playlist = parse(Previews(Shelf(*renditions)).page(f"/media/{ID}/preview.m3u8").plain.decode())
    assert isinstance(playlist, MultivariantPlaylist)
    return [variant.uri for variant in playlist.variants]


def media(each: RenditionRow) -> MediaPlaylist:
    playlist = parse(Previews(Shelf(each)).page(f"/media/{ID}/{each.name}/preview.m3u8").plain.decode())
    assert isinstance(playlist, MediaPlaylist)
    return playlist


def test_a_complete_rendition_has_an_end() -> None:
    playlist = media(rendition("720p", 4))
    assert (playlist.is_ended, playlist.playlist_type, playlist.target_duration) == (True, "VOD", 2)
    assert [segment.uri for segment in playlist.segments] == ["0.ts", "1.ts", "2.ts", "3.ts"]
    assert playlist.duration == TABLE.length


def test_one_that_grows_has_none_yet() -> None:
    playlist = media(rendition("720p", 2))
    assert (playlist.is_ended, playlist.playlist_type) == (False, "EVENT")
    assert len(playlist.segments) == 2


def test_what_is_complete_is_offered_first_and_else_what_has_begun() -> None:
    assert entry(rendition("720p", 4), rendition("360p", 2)) == ["720p/preview.m3u8"]
    assert entry(rendition("720p", 0), rendition("360p", 2)) == ["360p/preview.m3u8"]


@pytest.mark.parametrize(
    "path", ["preview.m3u8", "720p/preview.m3u8", "240p/preview.m3u8", "720p/other.m3u8"]
)
def test_where_nothing_is_published_there_is_nothing_to_play(path: str) -> None:
    with pytest.raises(Refusal):
        Previews(Shelf(rendition("720p", 0))).page(f"/media/{ID}/{path}")


def test_another_package_is_unknown() -> None:
    with pytest.raises(Unknown):
        Previews(Shelf()).page(f"/media/{'c' * 32}/preview.m3u8")

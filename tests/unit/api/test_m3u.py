"""The list of channels as television software reads it (`tests/support/m3u.py` has the rules)."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from ipytv import playlist
from tests.support.m3u import Heard, jellyfin, kodi, kodi_marks, vlc
from tests.support.properties import thorough

from insta_stream.api.listings import Station, m3u

GUIDE = "http://h/guide.xml"
URL = "http://h/stream/kids/stream.m3u8"


def written(title: str, number: int = 12) -> str:
    stations = [Station("kids", number, title, URL), Station("next", 13, "Next", "http://h/next")]
    return "".join(m3u(stations, GUIDE))


def as_seen(title: str) -> str:
    """Return a title without what only looks otherwise, so that it can be compared."""
    return title.translate(str.maketrans({"\u201a": ",", "\uff1d": "=", "\u00a0": " "}))


TITLES = [
    "Kids",
    "Kids, all day",
    "1. FC Köln",
    "84.0 - VOX",
    "5 USA",
    "24",
    "1e3 things",
    "Infinity Channel",
    "-1 to go",
    "3sat HD",
    "1,000 ways",
    "radio=true",
    "media=x realtime=false",
    "tvg-id=other catchup=default",
    "# no comment",
    "ends,",
    ",begins",
    "a - b",
    "E=mc²",
    "Kino am Ring 🎬",
]


@pytest.mark.parametrize("title", TITLES)
def test_television_software_reads_the_whole_title(title: str) -> None:
    text = written(title)
    for read in (jellyfin, kodi):
        heard, after = read(text)
        assert (heard.id, heard.number, as_seen(heard.name), heard.url) == ("kids", "12", title, URL)
        assert after == Heard("next", "13", "Next", "http://h/next")
    artist, name = vlc(text)[0]
    assert (artist, as_seen(name)) == ("", title)
    assert kodi_marks(text) == [set(), set()]


@pytest.mark.parametrize("title", ['The "Best" of', '"', 'x" tvg-id="evil', 'a",b', 'x radio="true"'])
def test_quotation_marks_become_apostrophes(title: str) -> None:
    text = written(title)
    for read in (jellyfin, kodi):
        heard = read(text)[0]
        assert (heard.id, heard.number, heard.url) == ("kids", "12", URL)
        assert as_seen(heard.name) == title.replace('"', "'")
    assert kodi_marks(text) == [set(), set()]


@thorough
@given(st.text(st.characters(codec="utf-8"), min_size=1))
@example("Tom\r\n#EXTINF:-1,Evil\nhttp://evil")
@example("\u2028http://evil")
def test_no_title_adds_a_channel_or_moves_an_address(title: str) -> None:
    text = written(title)
    for read in (jellyfin, kodi):
        assert [(heard.id, heard.number, heard.url) for heard in read(text)] == [
            ("kids", "12", URL),
            ("next", "13", "http://h/next"),
        ]
    assert kodi_marks(text) == [set(), set()]
    assert len(playlist.loads(text).get_channels()) == 2


@thorough
@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1))
def test_jellyfin_and_kodi_read_the_same_title(title: str) -> None:
    if not title.strip() or unicodedata.category(title.strip()[0]) == "Zs":
        return
    text = written(title)
    assert jellyfin(text)[0].name == kodi(text)[0].name


def test_the_list_names_the_guide_and_a_channel_without_a_number_none() -> None:
    text = written("Kids", number=0)
    assert playlist.loads(text).get_attributes() == {"x-tvg-url": GUIDE, "url-tvg": GUIDE}
    first, second = playlist.loads(text).get_channels()
    assert first.attributes == {"tvg-id": "kids", "tvg-name": "Kids"}
    assert second.attributes == {"tvg-id": "next", "tvg-chno": "13", "tvg-name": "Next"}

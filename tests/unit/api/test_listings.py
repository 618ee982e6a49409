from xml.etree import ElementTree as ET

import pytest
from ipytv import playlist
from ipytv.channel import IPTVChannel

from insta_stream.api import listings
from insta_stream.api.listings import Programme, Station, in_chunks, m3u, xmltv
from insta_stream.ticks import TICKS_PER_SECOND, Ticks

START = Ticks(1_795_464_000 * TICKS_PER_SECOND)
NASTY = 'Tom & "Jerry" <i>\x00\x0b\ud800 it\'s\nEXTINF:0,\u2028🎬'


def at(second: float) -> Ticks:
    return Ticks(START + round(second * TICKS_PER_SECOND))


def programme(title: str, begin: float, end: float, station: str = "main") -> Programme:
    return Programme(station, title, at(begin), at(end))


def parsed(stations: list[Station], programmes: list[Programme]) -> ET.Element:
    return ET.fromstring("".join(xmltv(stations, programmes)).encode())  # noqa: S314 - our own text


def test_the_guide_has_the_order_and_attributes_of_the_dtd() -> None:
    station = Station("main", "Main", "http://tv.example/stream/stream.m3u8")
    guide = parsed([station], [programme("Film", 0, 60), programme("Other", 60, 90)])
    assert guide.tag == "tv"
    assert [child.tag for child in guide] == ["channel", "programme", "programme"]
    channel, first, second = guide
    assert channel.attrib == {"id": "main"}
    assert [(each.tag, each.text) for each in channel] == [("display-name", "Main"), ("url", station.url)]
    assert first.attrib == {
        "start": "20261123200000 +0000",
        "stop": "20261123200100 +0000",
        "channel": "main",
    }
    assert [(each.tag, each.text) for each in first] == [("title", "Film")]
    assert second.attrib["start"] == first.attrib["stop"]


def test_titles_that_xml_cannot_hold_are_made_to_fit() -> None:
    guide = parsed([Station("main", NASTY, "http://h/?a=1&b=2")], [programme(NASTY, 0, 1)])
    title = guide.findtext("programme/title") or ""
    assert title.startswith('Tom & "Jerry" <i>\ufffd\ufffd\ufffd it\'s\n')
    assert title.endswith("🎬")
    assert guide.findtext("channel/url") == "http://h/?a=1&b=2"


def test_even_a_second_is_never_a_programme_without_length() -> None:
    guide = parsed([], [programme(str(n), n * 1.001, (n + 1) * 1.001) for n in range(3000)])
    assert all(each.attrib["start"] < each.attrib["stop"] for each in guide)


def entries(text: str) -> list[tuple[dict[str, str], str, str]]:
    """Parse as television software does: attributes, title and address of each channel."""
    channels: list[IPTVChannel] = playlist.loads(text).get_channels()
    return [(channel.attributes, channel.name, channel.url) for channel in channels]


def test_the_channel_list_names_guide_ids_and_addresses() -> None:
    stations = [
        Station("main", "Main", "http://h/stream/stream.m3u8"),
        Station("kids", "Kids, all day", "http://h/k"),
    ]
    text = m3u(stations, "http://h/guide.xml")
    assert playlist.loads(text).get_attributes() == {
        "x-tvg-url": "http://h/guide.xml",
        "url-tvg": "http://h/guide.xml",
    }
    assert entries(text) == [
        ({"tvg-id": "main", "tvg-name": "Main"}, "Main", "http://h/stream/stream.m3u8"),
        ({"tvg-id": "kids", "tvg-name": "Kids, all day"}, "Kids, all day", "http://h/k"),
    ]


def test_a_title_cannot_add_lines_or_attributes() -> None:
    text = m3u([Station("main", NASTY, "http://h/s")], "http://h/guide.xml")
    ((attributes, title, url),) = entries(text)
    assert set(attributes) == {"tvg-id", "tvg-name"}
    assert url == "http://h/s"
    assert "EXTINF:0" in title


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\ud800", "\ufffe", "\uffff"])
def test_no_character_breaks_the_document(character: str) -> None:
    assert parsed([], [programme(f"a{character}b", 0, 1)]).findtext("programme/title") == "a\ufffdb"


def test_chunks_are_the_same_text_in_few_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listings, "CHUNK", 10)
    assert list(in_chunks([])) == []
    assert list(in_chunks(["ab"] * 12)) == ["ab" * 5, "ab" * 5, "ab" * 2]
    assert list(in_chunks(["a" * 25, "b"])) == ["a" * 25, "b"]

from xml.etree import ElementTree as ET

import pytest

from insta_stream.api.listings import Programme, Station, xmltv
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
    station = Station("main", 7, "Main", "http://tv.example/stream/stream.m3u8")
    guide = parsed([station], [programme("Film", 0, 60), programme("Other", 60, 90)])
    assert guide.tag == "tv"
    assert [child.tag for child in guide] == ["channel", "programme", "programme"]
    channel, first, second = guide
    assert channel.attrib == {"id": "main"}
    assert [(each.tag, each.text) for each in channel] == [
        ("display-name", "Main"),
        ("display-name", "7"),
        ("url", station.url),
    ]
    assert first.attrib == {
        "start": "20261123200000 +0000",
        "stop": "20261123200100 +0000",
        "channel": "main",
    }
    assert [(each.tag, each.text) for each in first] == [("title", "Film")]
    assert second.attrib["start"] == first.attrib["stop"]


def test_titles_that_xml_cannot_hold_are_made_to_fit() -> None:
    guide = parsed([Station("main", 1, NASTY, "http://h/?a=1&b=2")], [programme(NASTY, 0, 1)])
    title = guide.findtext("programme/title") or ""
    assert title.startswith('Tom & "Jerry" <i>\ufffd\ufffd\ufffd it\'s\n')
    assert title.endswith("🎬")
    assert guide.findtext("channel/url") == "http://h/?a=1&b=2"


def test_even_a_second_is_never_a_programme_without_length() -> None:
    guide = parsed([], [programme(str(n), n * 1.001, (n + 1) * 1.001) for n in range(3000)])
    assert all(each.attrib["start"] < each.attrib["stop"] for each in guide)


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\ud800", "\ufffe", "\uffff"])
def test_no_character_breaks_the_document(character: str) -> None:
    assert parsed([], [programme(f"a{character}b", 0, 1)]).findtext("programme/title") == "a\ufffdb"

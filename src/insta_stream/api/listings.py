"""What television software reads: the guide as XMLTV, the channels as an extended M3U playlist.

XMLTV: the format of https://github.com/XMLTV/xmltv (xmltv.dtd): all channels first, then the programmes;
times as YYYYMMDDhhmmss and an offset. M3U: one #EXTINF line and one address per channel; nobody has
specified it, so titles are written as the parsers of Jellyfin, Kodi and VLC all read them (`_plain`).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from insta_stream.ticks import Ticks, to_datetime

_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MISREAD = str.maketrans({",": "\u201a", '"': "'", "=": "\uff1d"})
_NUMBER = re.compile(r"[.+-]*(?:[0-9][0-9.]*(?:e[+-]?[0-9]+)?|infinity|nan|\u221e)\.*", re.IGNORECASE)
_LINE_BREAKS = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class Station:
    """A channel: id is its slug, url the absolute address of its stream; number: 0 for none."""

    id: str
    number: int
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Programme:
    """One or more showings of one video in a row."""

    station: str
    title: str
    starts_at: Ticks
    ends_at: Ticks


def xmltv(stations: Iterable[Station], programmes: Iterable[Programme]) -> Iterator[str]:
    """Yield the guide in pieces: a day of many channels is long."""
    yield '<?xml version="1.0" encoding="UTF-8"?>\n'
    yield '<!DOCTYPE tv SYSTEM "xmltv.dtd">\n'
    yield '<tv generator-info-name="Insta-Stream">\n'
    for station in stations:
        name = escape(_printable(station.title))
        number = f"<display-name>{station.number}</display-name>" if station.number else ""
        yield f"<channel id={quoteattr(station.id)}><display-name>{name}</display-name>{number}"
        yield f"<url>{escape(station.url)}</url></channel>\n"
    for programme in programmes:
        times = f'start="{_time(programme.starts_at)}" stop="{_time(programme.ends_at)}"'
        title = escape(_printable(programme.title))
        yield f"<programme {times} channel={quoteattr(programme.station)}>"
        yield f"<title>{title}</title></programme>\n"
    yield "</tv>\n"


def m3u(stations: Iterable[Station], guide_url: str) -> Iterator[str]:
    """Yield the list of channels in pieces: there may be thousands. guide_url: where the XMLTV guide is."""
    yield f'#EXTM3U x-tvg-url="{guide_url}" url-tvg="{guide_url}"\n'
    for station in stations:
        number = f' tvg-chno="{station.number}"' if station.number else ""
        title = _plain(station.title)
        yield f'#EXTINF:-1 tvg-id="{station.id}"{number} tvg-name="{title}",{title}\n{station.url}\n'


def _plain(title: str) -> str:
    """Return a title that no parser takes apart: what it would stumble over looks alike, and is another sign.

    Jellyfin takes what follows the last comma for the title, Kodi what follows the last quotation mark and a
    comma, VLC has an artist before a comma. Kodi finds attributes by `name=` wherever it stands, in values
    too. Jellyfin takes a number and a space in front of a title for the channel's, and drops it: a no-break
    space is none to it.
    """
    plain = _LINE_BREAKS.sub(" ", _printable(title)).translate(_MISREAD).strip()
    first, space, rest = plain.partition(" ")
    return f"{first}\u00a0{rest}" if space and _NUMBER.fullmatch(first) else plain


def _printable(text: str) -> str:
    """Return `text` without the characters that XML 1.0 does not have."""
    return _NOT_XML.sub("\ufffd", text)


def _time(instant: Ticks) -> str:
    return to_datetime(instant).strftime("%Y%m%d%H%M%S +0000")

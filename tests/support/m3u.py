"""How television software reads a list of channels: the rules of three parsers, as far as they matter here.

Jellyfin: `M3uParser.cs`. Kodi: `PlaylistLoader.cpp` of pvr.iptvsimple. VLC: `modules/demux/playlist/m3u.c`.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Heard:
    """What a parser makes of one channel."""

    id: str
    number: str
    name: str
    url: str


def jellyfin(text: str) -> list[Heard]:
    """Titles stand after the last comma, once the attributes are taken out; a number in front is cut off."""
    return [_jellyfin(line.removeprefix("#EXTINF:").strip(), url) for line, url in _pairs(text)]


def _jellyfin(line: str, url: str) -> Heard:
    attributes = {}
    rest = line
    for key, value in re.findall(r'([a-zA-Z0-9\-_]+)="([^"]+)"', line):
        attributes[key.lower()] = value
        rest = rest.replace(f'{key}="{value}"', "")
    parts = [part for part in rest.split(",") if part]
    name = parts[-1].strip() if len(parts) > 1 else ""
    number = attributes.get("tvg-chno", "")
    first, space, other = name.partition(" ")
    if first and space and _is_double(first.strip(" .")):
        number = number or first.strip(" .")
        name = other.strip(" -")
    return Heard(attributes.get("tvg-id", ""), number, name or attributes.get("tvg-name", ""), url)


def _is_double(text: str) -> bool:
    """Return whether .NET's `double.TryParse` takes it (invariant culture); Python's own takes `_`, too."""
    try:
        return text.isascii() and "_" not in text and text == text.strip() and float(text) is not None
    except ValueError:
        return False


def kodi(text: str) -> list[Heard]:
    """Titles stand after the last quotation mark and a comma; values wherever their marker stands first."""
    return [_kodi(line, url) for line, url in _pairs(text)]


def kodi_marks(text: str) -> list[set[str]]:
    """Return which attributes Kodi finds for each channel, among those that change how it plays it."""
    markers = ("radio", "media", "media-dir", "catchup", "catchup-source", "tvg-shift", "tvg-rec", "provider")
    return [
        {each for each in (*markers, "realtime", "group-title") if f"{each}=" in line}
        for line, _ in _pairs(text)
    ]


def _kodi(line: str, url: str) -> Heard:
    comma, quote = line.rfind(","), line.rfind('"')
    after = line[quote + 1 :]
    if quote >= 0 and after.strip().startswith(","):
        comma = quote + after.find(",") + 1
    info = line[line.find(":") + 1 : comma]
    name = line[comma + 1 :].strip()
    return Heard(_marker(info, "tvg-id="), _marker(info, "tvg-chno="), name, url)


def _marker(line: str, marker: str) -> str:
    start = line.find(marker)
    if start < 0:
        return ""
    value = line[start + len(marker) :]
    return value[1:].partition('"')[0] if value.startswith('"') else value.partition(" ")[0]


def vlc(text: str) -> list[tuple[str, str]]:
    """Return artist and title: after the duration's comma the one, after another comma the other."""
    found = []
    for line, _ in _pairs(text):
        first, comma, second = line.partition(",")[2].partition(",")
        found.append((first, second) if comma else ("", first))
    return found


def _pairs(text: str) -> list[tuple[str, str]]:
    """Return each channel's line and address; lines end where `StreamReader` and `getline` end them."""
    found, about = [], ""
    for line in re.split(r"\r\n|\r|\n", text):
        if line.strip().startswith("#EXTINF"):
            about = line.strip()
        elif about and line.strip() and not line.strip().startswith("#"):
            found.append((about, line.strip()))
            about = ""
    return found

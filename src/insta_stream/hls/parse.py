"""Text as playlists: as strict as RFC 8216 section 4 and careful players, deaf to tags we do not use."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from typing import Final, Literal, cast

from insta_stream.hls.playlist import MediaPlaylist, MediaSegment, MultivariantPlaylist, Variant
from insta_stream.ticks import Ticks, from_datetime, seconds

_INTEGER: Final = re.compile(r"\d{1,20}")
_DECIMAL: Final = re.compile(r"-?\d{1,20}(\.\d{1,20})?")
_ATTRIBUTE: Final = re.compile(r'([A-Z0-9-]+)=("[^"]*"|[^",\s]+)(?:,|$)')
_MEDIA_HEADER: Final = frozenset(
    {"TARGETDURATION", "MEDIA-SEQUENCE", "DISCONTINUITY-SEQUENCE", "PLAYLIST-TYPE", "ENDLIST"}
)
_ONCE: Final = _MEDIA_HEADER | {"VERSION", "INDEPENDENT-SEGMENTS"}
_BEFORE_SEGMENTS: Final = frozenset({"TARGETDURATION", "MEDIA-SEQUENCE", "DISCONTINUITY-SEQUENCE"})


class PlaylistSyntaxError(ValueError):
    """The text is not a playlist. line: counted from 1; 0 when it is about the whole. reason: a sentence."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}" if line else reason)
        self.line = line
        self.reason = reason


def parse(text: str) -> MediaPlaylist | MultivariantPlaylist:
    """Return the playlist that the text says. Raises PlaylistSyntaxError."""
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    if lines[0] != "#EXTM3U":
        raise PlaylistSyntaxError(1, "a playlist must start with #EXTM3U, without a byte order mark")
    reader = _Reader()
    for number, line in enumerate(lines[1:], 2):
        try:
            reader.read(line)
        except ValueError as wrong:
            raise PlaylistSyntaxError(number, str(wrong)) from wrong
    try:
        return reader.playlist()
    except ValueError as wrong:
        raise PlaylistSyntaxError(0, str(wrong)) from wrong


@dataclass(slots=True)
class _Reader:
    """What was read so far. Raises ValueError with the reason."""

    tags: dict[str, str] = field(default_factory=dict)
    segments: list[MediaSegment] = field(default_factory=list)
    variants: list[Variant] = field(default_factory=list)
    duration: Ticks | None = None
    date_time: Ticks | None = None
    discontinuity: bool = False
    attributes: dict[str, str] | None = None

    def read(self, line: str) -> None:
        if line.startswith("#EXTINF:"):
            self._extinf(line.removeprefix("#EXTINF:"))
        elif line.startswith("#EXT-X-"):
            name, _, value = line.removeprefix("#EXT-X-").partition(":")
            self._tag(name, value)
        elif line and not line.startswith("#"):
            self._uri(line)

    def playlist(self) -> MediaPlaylist | MultivariantPlaylist:
        if self.duration is not None or self.attributes is not None:
            raise ValueError("the last tag has no URI after it")
        is_media = bool(self.segments or self.tags.keys() & _MEDIA_HEADER)
        if is_media and self.variants:
            raise ValueError("media and multivariant tags are mixed (RFC 8216 section 4.1)")
        return self._media() if is_media else self._multivariant()

    def _media(self) -> MediaPlaylist:
        if "TARGETDURATION" not in self.tags:
            raise ValueError("TARGETDURATION is missing (RFC 8216 section 4.3.3.1)")
        kind = self.tags.get("PLAYLIST-TYPE", "")
        if kind not in ("", "EVENT", "VOD"):
            raise ValueError("PLAYLIST-TYPE is EVENT or VOD")
        dsn = self.tags.get("DISCONTINUITY-SEQUENCE")
        return MediaPlaylist(
            target_duration=_integer(self.tags["TARGETDURATION"]),
            media_sequence=_integer(self.tags.get("MEDIA-SEQUENCE", "0")),
            discontinuity_sequence=None if dsn is None else _integer(dsn),
            segments=tuple(self.segments),
            is_ended="ENDLIST" in self.tags,
            is_independent="INDEPENDENT-SEGMENTS" in self.tags,
            playlist_type=cast(Literal["", "EVENT", "VOD"], kind),
            version=_integer(self.tags.get("VERSION", "1")),
        )

    def _multivariant(self) -> MultivariantPlaylist:
        if not self.variants:
            raise ValueError("there is neither a segment nor a variant")
        return MultivariantPlaylist(
            variants=tuple(self.variants),
            is_independent="INDEPENDENT-SEGMENTS" in self.tags,
            version=_integer(self.tags.get("VERSION", "1")),
        )

    def _tag(self, name: str, value: str) -> None:
        if name in _ONCE:
            if name in self.tags:
                raise ValueError(f"{name} appears twice")
            if name in _BEFORE_SEGMENTS and (
                self.segments or self.discontinuity or self.duration is not None
            ):
                raise ValueError(f"{name} comes after the first segment or DISCONTINUITY")
            self.tags[name] = value
        elif name == "DISCONTINUITY":
            self.discontinuity = True
        elif name == "PROGRAM-DATE-TIME":
            moment = datetime.fromisoformat(value)
            self.date_time = from_datetime(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
        elif name == "STREAM-INF":
            self.attributes = _attributes(value)

    def _extinf(self, value: str) -> None:
        if self.duration is not None:
            raise ValueError("two EXTINF tags for one segment")
        decimal, comma, _ = value.partition(",")
        if not comma:
            raise ValueError("EXTINF needs a comma after the duration")
        self.duration = _duration(decimal)
        if self.duration < 0:
            raise ValueError("a duration must not be negative")

    def _uri(self, uri: str) -> None:
        if self.attributes is not None:
            self.variants.append(_variant(uri, self.attributes))
            self.attributes = None
            return
        if self.duration is None:
            raise ValueError("a URI without an EXTINF or STREAM-INF tag before it")
        self.segments.append(MediaSegment(uri, self.duration, self.date_time, self.discontinuity))
        self.duration = self.date_time = None
        self.discontinuity = False


def _variant(uri: str, attributes: dict[str, str]) -> Variant:
    if "BANDWIDTH" not in attributes:
        raise ValueError("BANDWIDTH is missing (RFC 8216 section 4.3.4.2)")
    average = attributes.get("AVERAGE-BANDWIDTH")
    size = attributes.get("RESOLUTION")
    width, height = _size(size) if size else (None, None)
    rate = attributes.get("FRAME-RATE")
    return Variant(
        uri,
        bandwidth=_integer(attributes["BANDWIDTH"]),
        average_bandwidth=None if average is None else _integer(average),
        width=width,
        height=height,
        frame_rate=None if rate is None else _fraction(rate),
        codecs=attributes.get("CODECS"),
    )


def _attributes(text: str) -> dict[str, str]:
    """Read an attribute list (RFC 8216 section 4.2); values without their quotes."""
    found: dict[str, str] = {}
    at = 0
    while at < len(text):
        match = _ATTRIBUTE.match(text, at)
        if match is None:
            raise ValueError(f"an attribute list cannot be read from {text[at : at + 20]!r}")
        name, value = match.groups()
        if name in found:
            raise ValueError(f"the attribute {name} appears twice")
        found[name] = value.strip('"')
        at = match.end()
    return found


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    return _integer(width), _integer(height)


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise ValueError(f"{text!r} is not a whole number")
    return int(text)


def _fraction(text: str) -> Fraction:
    if not _DECIMAL.fullmatch(text):
        raise ValueError(f"{text!r} is not a decimal number")
    return Fraction(text)


def _duration(text: str) -> Ticks:
    return seconds(_fraction(text))

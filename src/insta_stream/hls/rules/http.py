"""Rules about how playlists and segments are served."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

from insta_stream.hls.rules.rule import Violation, error, warning

PLAYLIST_HTTP = error("PLAYLIST-HTTP", "A playlist is answered with 200.", "RFC 8216 section 6.2.2")
PLAYLIST_TYPE_HDR = error(
    "PLAYLIST-TYPE-HDR", "Playlists are application/vnd.apple.mpegurl.", "RFC 8216 section 4; Apple 10.4"
)
PLAYLIST_SLOW = warning(
    "PLAYLIST-SLOW", "A playlist is answered within half a second.", "RFC 8216 section 6.3.4"
)
SEG_HTTP = error("SEG-HTTP", "A listed segment is downloadable.", "RFC 8216 section 6.2.2")
SEG_LATE = error("SEG-LATE", "A segment is downloadable as soon as it is listed.", "nginx-vod issue 1297")
SEG_EXPIRED = error(
    "SEG-EXPIRED",
    "A removed segment stays for its own duration plus that of the longest playlist that listed it.",
    "RFC 8216 section 6.2.2",
)
SEG_MUTATED = error("SEG-MUTATED", "The bytes of a segment never change.", "RFC 8216 section 6.2.1")
SEG_TYPE_HDR = error("SEG-TYPE-HDR", "Segments are video/mp2t.", "RFC 8216 section 4; Apple 10.4")
SEG_GZIP = warning("SEG-GZIP", "Segments are never compressed.", "experience: it costs time and breaks Range")
SEG_SLOW = warning("SEG-SLOW", "A segment begins to arrive within a second.", "RFC 8216 section 6.3.4")
CORS = error(
    "CORS",
    "Every answer, errors and OPTIONS included, lets any web page read it.",
    "Fetch standard; hls.js manifestLoadError",
)
HEAD_REFUSED = warning("HEAD-REFUSED", "HEAD is answered like GET, without a body.", "RFC 9110 section 9.3.2")
RANGE = warning(
    "RANGE",
    "Segments answer Range with 206, Content-Range and Content-Length.",
    "RFC 9110 section 14; AVPlayer -12174",
)
LENGTH = warning("LENGTH", "Segments have a Content-Length.", "infinite-streaming issue 341")
CACHE_PLAYLIST = warning(
    "CACHE-PLAYLIST", "A media playlist says how long caches may keep it.", "bis section 6.2.1"
)
CACHE_PLAYLIST_LONG = error(
    "CACHE-PLAYLIST-LONG",
    "Caches keep a media playlist for at most half a target duration (one second at least).",
    "bis appendix B; a stale copy is a missed update",
)
CACHE_MV = warning(
    "CACHE-MV", "Caches keep a multivariant playlist for at most a minute.", "experience: changes must spread"
)
CACHE_SEGMENT = warning(
    "CACHE-SEGMENT", "Caches keep segments for a day or more.", "RFC 9111 section 5.2; bis appendix B"
)
CACHE_ERROR = error(
    "CACHE-ERROR", "Caches keep errors for at most a second.", "an early 404 stalls everyone behind a cache"
)
LAST_MODIFIED = warning(
    "LAST-MODIFIED", "Last-Modified is at most three target durations before Date, or absent.", "Apple 8.24"
)
ETAG = warning("ETAG", "A playlist with an ETag answers 304 while it is the same.", "RFC 9110 section 13.1.2")
GZIP = warning("GZIP", "Playlists are compressed for clients that accept it.", "Apple 10.1")
VARY = error("VARY", "Answers that may be compressed have Vary: Accept-Encoding.", "RFC 9110 section 12.5.5")
REDIRECT = warning("REDIRECT", "Media is served without redirects.", "Apple 8.18")
RULES = (
    *(PLAYLIST_HTTP, PLAYLIST_TYPE_HDR, PLAYLIST_SLOW, SEG_HTTP, SEG_LATE, SEG_EXPIRED, SEG_MUTATED),
    *(
        SEG_TYPE_HDR,
        SEG_GZIP,
        SEG_SLOW,
        CORS,
        HEAD_REFUSED,
        RANGE,
        LENGTH,
        CACHE_PLAYLIST,
        CACHE_PLAYLIST_LONG,
    ),
    *(CACHE_MV, CACHE_SEGMENT, CACHE_ERROR, LAST_MODIFIED, ETAG, GZIP, VARY, REDIRECT),
)

_PLAYLIST_TYPES = frozenset({"application/vnd.apple.mpegurl", "audio/mpegurl"})
_SLOW_PLAYLIST_MS = 500
_SLOW_SEGMENT_MS = 1000
_MULTIVARIANT_SECONDS = 60
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer.

    headers: of the answer, names in lower case. took_ms: until the headers had come. accepts_gzip: the
    request said so. Every request carries an Origin.
    """

    method: str
    url: str
    status: int
    headers: Mapping[str, str]
    took_ms: int = 0
    accepts_gzip: bool = True

    def header(self, name: str) -> str:
        """Return a header in lower case, or ""."""
        return self.headers.get(name, "").lower()

    @property
    def max_age(self) -> int | None:
        """Seconds for which a shared cache may keep the answer; None where it may guess."""
        control = self.header("cache-control")
        if re.search(r"\bno-(store|cache)\b", control):
            return 0
        ages = [int(age) for age in re.findall(r"\b(?:s-maxage|max-age)=(\d{1,12})", control)]
        return max(ages) if ages else None


def check_playlist(exchange: Exchange, target_duration: int | None) -> Iterator[Violation]:
    """Check the answer to GET of a playlist. target_duration: None for the multivariant playlist."""
    yield from check_reachable(exchange)
    if exchange.status != 200:  # noqa: PLR2004  (the one good status)
        yield PLAYLIST_HTTP.broken(f"status {exchange.status}")
        return
    if (kind := _media_type(exchange)) not in _PLAYLIST_TYPES:
        yield PLAYLIST_TYPE_HDR.broken(f"the type is {kind or 'missing'}")
    if exchange.took_ms > _SLOW_PLAYLIST_MS:
        yield PLAYLIST_SLOW.broken(f"{exchange.took_ms} ms")
    if exchange.accepts_gzip and exchange.header("content-encoding") != "gzip":
        yield GZIP.broken("it was not compressed")
    if exchange.header("content-encoding") and "accept-encoding" not in exchange.header("vary"):
        yield VARY.broken(f"compressed, and Vary is {exchange.header('vary') or 'absent'}")
    yield from (
        _check_multivariant_age(exchange)
        if target_duration is None
        else _check_age(exchange, target_duration)
    )


def check_segment_answer(exchange: Exchange) -> Iterator[Violation]:
    """Check the answer to GET of a segment that is listed."""
    yield from check_reachable(exchange)
    if exchange.status != 200:  # noqa: PLR2004  (the one good status)
        yield SEG_HTTP.broken(f"status {exchange.status}")
        return
    if (kind := _media_type(exchange)) != "video/mp2t":
        yield SEG_TYPE_HDR.broken(f"the type is {kind or 'missing'}")
    if exchange.header("content-encoding") not in ("", "identity"):
        yield SEG_GZIP.broken(f"it was compressed as {exchange.header('content-encoding')}")
    if "content-length" not in exchange.headers:
        yield LENGTH.broken("there is no Content-Length")
    if (exchange.max_age or 0) < _DAY:
        yield CACHE_SEGMENT.broken(f"Cache-Control is {exchange.header('cache-control') or 'absent'}")
    if exchange.took_ms > _SLOW_SEGMENT_MS:
        yield SEG_SLOW.broken(f"{exchange.took_ms} ms")


def check_missing(exchange: Exchange) -> Iterator[Violation]:
    """Check the answer to GET of something that does not exist."""
    yield from check_reachable(exchange)
    if exchange.max_age is None or exchange.max_age > 1:
        control = exchange.header("cache-control") or "absent"
        yield CACHE_ERROR.broken(f"status {exchange.status}, and Cache-Control is {control}")


def check_head(exchange: Exchange, length: str) -> Iterator[Violation]:
    """Check the answer to HEAD. length: the Content-Length that GET had, "" when not known."""
    if exchange.status != 200:  # noqa: PLR2004  (the one good status)
        yield HEAD_REFUSED.broken(f"status {exchange.status}")
    elif length and exchange.header("content-length") != length:
        yield HEAD_REFUSED.broken(
            f"Content-Length is {exchange.header('content-length')}, and {length} for GET"
        )


def check_options(exchange: Exchange) -> Iterator[Violation]:
    """Check the answer to a preflight that asks for the Range header."""
    allowed = exchange.header("access-control-allow-headers")
    if exchange.status not in (200, 204) or not ("range" in allowed or "*" in allowed):
        yield CORS.broken(f"OPTIONS: status {exchange.status}, allowed headers: {allowed or 'none'}")
    yield from check_reachable(exchange)


def check_range(exchange: Exchange, size: int, total: int) -> Iterator[Violation]:
    """Check the answer to Range: bytes=0-{size - 1} of a segment of `total` bytes."""
    expected = {"content-range": f"bytes 0-{size - 1}/{total}", "content-length": str(size)}
    wrong = [name for name, value in expected.items() if exchange.header(name) != value]
    if exchange.status != 206 or wrong:  # noqa: PLR2004  (Partial Content)
        yield RANGE.broken(f"status {exchange.status}{', wrong: ' if wrong else ''}{', '.join(wrong)}")


def check_not_modified(exchange: Exchange) -> Iterator[Violation]:
    """Check the answer to If-None-Match with the ETag of the version that is still current."""
    if exchange.status != 304:  # noqa: PLR2004  (Not Modified)
        yield ETAG.broken(f"status {exchange.status}")


def check_reachable(exchange: Exchange) -> Iterator[Violation]:
    """Check any answer: players in web pages can read it, and it is no redirect."""
    if 300 <= exchange.status < 400:  # noqa: PLR2004  (redirections)
        yield REDIRECT.broken(f"status {exchange.status} to {exchange.header('location')}")
    if not exchange.header("access-control-allow-origin"):
        yield CORS.broken(f"{exchange.method}: status {exchange.status} without Access-Control-Allow-Origin")


def _check_age(exchange: Exchange, target_duration: int) -> Iterator[Violation]:
    if exchange.max_age is None:
        yield CACHE_PLAYLIST.broken("there is no max-age, so caches guess")
    elif exchange.max_age > max(1, target_duration / 2):
        yield CACHE_PLAYLIST_LONG.broken(f"max-age is {exchange.max_age} s")
    yield from _check_modified(exchange, target_duration)


def _check_multivariant_age(exchange: Exchange) -> Iterator[Violation]:
    if exchange.max_age is None or exchange.max_age > _MULTIVARIANT_SECONDS:
        yield CACHE_MV.broken(f"Cache-Control is {exchange.header('cache-control') or 'absent'}")


def _check_modified(exchange: Exchange, target_duration: int) -> Iterator[Violation]:
    modified, date = (exchange.headers.get(name) for name in ("last-modified", "date"))
    if modified and date:
        age = (parsedate_to_datetime(date) - parsedate_to_datetime(modified)).total_seconds()
        if age > 3 * target_duration:
            yield LAST_MODIFIED.broken(f"it is {age:.0f} s before Date")


def _media_type(exchange: Exchange) -> str:
    return exchange.header("content-type").partition(";")[0].strip()

"""A small good channel as values, for rules to be broken in one respect at a time."""

from dataclasses import replace
from fractions import Fraction

from tests.support.segments import Item, make

from insta_stream.hls.mpegts import SegmentFacts, read
from insta_stream.hls.playlist import MediaPlaylist, MediaSegment, MultivariantPlaylist, Variant
from insta_stream.hls.rules.http import Exchange
from insta_stream.hls.rules.pace import Seen
from insta_stream.ticks import Ticks, seconds

EPOCH = seconds(1_772_323_200)
STEP = seconds(2)
ITEM = 5


def segment(msn: int, rung: str = "720p") -> MediaSegment:
    """Return segment `msn` of a channel that loops an item of five segments."""
    number = msn % ITEM
    date = Ticks(EPOCH + msn * STEP)
    return MediaSegment(f"/media/one/{rung}/{number}.ts", STEP, date, discontinuity=number == 0)


def window(first: int, count: int = 8, rung: str = "720p") -> MediaPlaylist:
    """Return the playlist that lists segments `first` and following."""
    listed = tuple(segment(msn, rung) for msn in range(first, first + count))
    return MediaPlaylist(2, first, (first + ITEM - 1) // ITEM, listed)


def edited(playlist: MediaPlaylist, index: int, **changes: object) -> MediaPlaylist:
    """Return the playlist with one segment changed."""
    listed = list(playlist.segments)
    listed[index] = listed[index]._replace(**changes)  # type: ignore[arg-type]
    return replace(playlist, segments=tuple(listed))


def seen(playlist: MediaPlaylist, at: float, took: float = 0.01) -> Seen:
    """Return the playlist as requested `at` seconds after the channel's epoch."""
    return Seen(playlist, Ticks(EPOCH + seconds(at)), Ticks(EPOCH + seconds(at + took)))


VARIANT = Variant("b/720p.m3u8", 1_000_000, 700_000, 320, 180, Fraction(25), "avc1.4d401e,mp4a.40.2")
SMALL = Variant("b/240p.m3u8", 500_000, 300_000, 320, 180, Fraction(25), "avc1.4d401e,mp4a.40.2")
MULTIVARIANT = MultivariantPlaylist((VARIANT, SMALL))


def facts(number: int, item: Item | None = None) -> SegmentFacts:
    """Return what a real segment of one second holds."""
    return read(make(item or Item())[number])


PLAYLIST_ANSWER = Exchange(
    "GET",
    "http://127.0.0.1/a.m3u8",
    200,
    {
        "content-type": "application/vnd.apple.mpegurl",
        "access-control-allow-origin": "*",
        "content-encoding": "gzip",
        "vary": "Accept-Encoding",
        "cache-control": "public, max-age=1",
        "date": "Sun, 01 Mar 2026 00:00:05 GMT",
        "last-modified": "Sun, 01 Mar 2026 00:00:04 GMT",
    },
)
SEGMENT_ANSWER = Exchange(
    "GET",
    "http://127.0.0.1/0.ts",
    200,
    {
        "content-type": "video/mp2t",
        "access-control-allow-origin": "*",
        "content-length": "188000",
        "cache-control": "public, max-age=31536000, immutable",
    },
)
MISSING_ANSWER = Exchange(
    "GET", "http://127.0.0.1/x", 404, {"access-control-allow-origin": "*", "cache-control": "no-store"}
)
OPTIONS_ANSWER = Exchange(
    "OPTIONS",
    "http://127.0.0.1/0.ts",
    204,
    {"access-control-allow-origin": "*", "access-control-allow-headers": "Range"},
)
RANGE_ANSWER = Exchange(
    "GET", "http://127.0.0.1/0.ts", 206, {"content-range": "bytes 0-187/188000", "content-length": "188"}
)


def answer(
    exchange: Exchange, status: int | None = None, took_ms: int = 0, **headers: str | None
) -> Exchange:
    """Return the answer with another status, time, or headers (None removes one; _ stands for -)."""
    changed = {name.replace("_", "-"): value for name, value in headers.items()}
    kept = {**exchange.headers, **changed}
    return replace(
        exchange,
        status=status or exchange.status,
        took_ms=took_ms,
        headers={name: value for name, value in kept.items() if value is not None},
    )

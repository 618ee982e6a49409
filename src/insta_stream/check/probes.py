"""What players and caches ask besides plain GET: HEAD, OPTIONS, Range, If-None-Match, what is not there."""

from urllib.parse import urljoin

from insta_stream.check.fetch import Fetcher
from insta_stream.hls.rules.http import (
    CORS,
    ETAG,
    HEAD_REFUSED,
    PLAYLIST_HTTP,
    RANGE,
    SEG_HTTP,
    check_head,
    check_missing,
    check_not_modified,
    check_options,
    check_range,
)

_RANGE_BYTES = 188
_ATTEMPTS = 3


async def probe_playlist(fetcher: Fetcher, url: str, subject: str) -> None:
    """Ask for a media playlist with HEAD, conditionally, and for one that does not exist."""
    if (head := await fetcher.fetch(url, HEAD_REFUSED, subject, method="HEAD")) is not None:
        fetcher.findings.add(check_head(head.exchange, ""), subject)
    if (missing := await fetcher.fetch(urljoin(url, "none.m3u8"), PLAYLIST_HTTP, subject)) is not None:
        fetcher.findings.add(check_missing(missing.exchange), "a playlist that does not exist")
    await _probe_tag(fetcher, url, subject)


async def probe_segment(fetcher: Fetcher, url: str, subject: str) -> None:
    """Ask for a segment with HEAD, OPTIONS and Range, and for one that does not exist."""
    whole = await fetcher.fetch(url, SEG_HTTP, subject)
    if whole is None or not whole.is_good:
        return
    if (head := await fetcher.fetch(url, HEAD_REFUSED, subject, method="HEAD")) is not None:
        fetcher.findings.add(
            check_head(head.exchange, whole.exchange.headers.get("content-length", "")), subject
        )
    preflight = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "range"}
    if (options := await fetcher.fetch(url, CORS, subject, method="OPTIONS", headers=preflight)) is not None:
        fetcher.findings.add(check_options(options.exchange), subject)
    asked = {"Range": f"bytes=0-{_RANGE_BYTES - 1}"}
    if (part := await fetcher.fetch(url, RANGE, subject, headers=asked)) is not None:
        fetcher.findings.add(check_range(part.exchange, _RANGE_BYTES, len(whole.body)), subject)
    if (missing := await fetcher.fetch(urljoin(url, "999999999.ts"), SEG_HTTP, subject)) is not None:
        fetcher.findings.add(check_missing(missing.exchange), "a segment that does not exist")


async def _probe_tag(fetcher: Fetcher, url: str, subject: str) -> None:
    """Ask twice for a playlist, the second time conditionally; again when it changed in between."""
    for _ in range(_ATTEMPTS):
        first = await fetcher.fetch(url, ETAG, subject)
        tag = first.exchange.headers.get("etag") if first else None
        if tag is None:
            return
        again = await fetcher.fetch(url, ETAG, subject, headers={"If-None-Match": tag})
        if again is not None and again.exchange.headers.get("etag", tag) == tag:
            fetcher.findings.add(check_not_modified(again.exchange), subject)
            return

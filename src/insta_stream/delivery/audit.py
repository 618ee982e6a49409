"""The self-audit: what this server really serves, held against its first two promises.

A refresh never contradicts an earlier playlist, and all rungs list the same. Each page is compared with the
one that was served before it and with one of another rung, as bytes; only where these differ are they read,
to name the rule that is broken. Nothing that is found stops a page from being served: a wrong playlist is
still better than none.

A breach is what a viewer would suffer from: a page that contradicts another one, from the first time that it
is served; nothing new, once a player that follows the rules has played all it had; no page, once the server
has told somebody to come back. It is over when a refresh is right again.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeVar

import structlog

from insta_stream.clock import Clock
from insta_stream.delivery.page import Page
from insta_stream.health.check import Finding
from insta_stream.health.remedies import ADVICE
from insta_stream.hls.continuity import Text, ends_with, goes_on
from insta_stream.hls.parse import PlaylistSyntaxError, parse
from insta_stream.hls.playlist import MediaPlaylist
from insta_stream.hls.rules import http, media, pace, refresh, variants
from insta_stream.hls.rules.media import check_media
from insta_stream.hls.rules.refresh import MSN_GAP, check_refresh
from insta_stream.hls.rules.rule import Violation, error
from insta_stream.hls.rules.text import SYNTAX
from insta_stream.hls.rules.variants import check_variants
from insta_stream.ids import ChannelSlug
from insta_stream.metrics import Metrics
from insta_stream.ticks import TICKS_PER_SECOND, Ticks, to_seconds

log = structlog.get_logger()

TIMELINE = error(
    "TIMELINE", "A new timeline lists what the previous one listed.", "docs/explanation/promises.md"
)
"""Broken for all rungs at once, whether somebody asked for their playlists or not."""

REWIND = error(
    "REWIND", "A long playlist ends with what the short one lists.", "docs/explanation/promises.md"
)

_ELSEWHERE = (MSN_GAP, variants.ALIGN_EDGE, variants.MV_CHANGED)
"""Rules about what a single client sees, or about the multivariant playlist."""

RULES = (
    *(TIMELINE, REWIND, http.PLAYLIST_HTTP, SYNTAX, pace.STALE, pace.PDT_FUTURE),
    *(
        rule
        for rule in (*refresh.RULES, *variants.RULES, *media.RULES)
        if rule.severity == "error" and rule not in _ELSEWHERE
    ),
)
"""What the audit can find."""

TELL_AGAIN = Ticks(60 * TICKS_PER_SECOND)
"""The same of the same channel is logged no more often than this."""

REMEMBERED = Ticks(600 * TICKS_PER_SECOND)
"""So long after a broken promise the server counts as degraded, also when it is over."""

BUFFERED_TARGETS = 3
"""What a player has at least when it begins, in target durations (RFC 8216 section 6.3.3)."""

_TOLD = 1024
_MINUTE = 60

_K = TypeVar("_K")
_V = TypeVar("_V")


@dataclass(frozen=True, slots=True)
class Breach:
    """A broken promise: what was found last, and since when. mended_at: None while it goes on."""

    channel: ChannelSlug
    violation: Violation
    began_at: Ticks
    at: Ticks
    mended_at: Ticks | None = None


class Audit:
    """Takes note of broken promises: counts them, logs them, and remembers the last of each channel."""

    def __init__(self, metrics: Metrics) -> None:
        self._breaches: OrderedDict[ChannelSlug, Breach] = OrderedDict()
        self._counts = {code: metrics.violations.labels(code) for code in (rule.code for rule in RULES)}
        self._looked = metrics.audited.labels("request")
        self._told: OrderedDict[tuple[ChannelSlug, str], Ticks] = OrderedDict()

    def served(
        self, channel: ChannelSlug, page: Page, *, before: Page | None, beside: Page | None, now: Ticks
    ) -> None:
        """Check a page that is about to be served; see `judge`."""
        self.note_all(channel, self.looked(channel, page, before=before, beside=beside, now=now), now)

    def looked(
        self,
        channel: ChannelSlug,
        page: Page,
        *,
        before: Page | None,
        beside: Page | None = None,
        end: Page | None = None,
        now: Ticks,
    ) -> tuple[Violation, ...]:
        """Return what is wrong with a page that is about to be served; a thread may ask. See `judge`."""
        self._looked.inc()
        try:
            return tuple(judge(page, before=before, beside=beside, end=end, now=now))
        except Exception:  # a mistake in the audit is no reason not to serve
            log.exception("audit_failed", channel=channel)
            return ()

    def note_all(self, channel: ChannelSlug, found: Iterable[Violation], now: Ticks) -> None:
        """Take note of what was found in one look; a rule that several segments break counts once."""
        by_code: dict[str, Violation] = {}
        for violation in found:
            by_code.setdefault(violation.code, violation)
        for violation in by_code.values():
            self.note(channel, violation, now)

    def note(self, channel: ChannelSlug, violation: Violation, now: Ticks) -> None:
        """Take note of a broken promise."""
        known = self._breaches.pop(channel, None)
        began_at = now if known is None or known.mended_at is not None else known.began_at
        _put(self._breaches, channel, Breach(channel, violation, began_at, now))
        self._counts[violation.code].inc()
        told = self._told.get((channel, violation.code))
        if told is None or now - told >= TELL_AGAIN:
            _put(self._told, (channel, violation.code), now)
            log.error(
                "playlist_violation",
                channel=channel,
                rule=violation.code,
                reason=violation.message,
                subject=violation.subject,
            )

    def mended(self, channel: ChannelSlug, now: Ticks) -> None:
        """Take note that a channel keeps its promises."""
        known = self._breaches.get(channel)
        if known is not None and known.mended_at is None:
            self._breaches[channel] = replace(known, mended_at=now)
            log.info("playlist_violation_over", channel=channel, rule=known.violation.code)

    def broken(self) -> set[ChannelSlug]:
        """Return the channels on which a promise is broken now."""
        return {slug for slug, breach in self._breaches.items() if breach.mended_at is None}

    @property
    def worst(self) -> Breach | None:
        """The last breach that goes on; where there is none, the last that there was."""
        latest = reversed(self._breaches.values())
        return max(latest, key=lambda breach: breach.mended_at is None, default=None)


def _put(kept: OrderedDict[_K, _V], key: _K, value: _V) -> None:
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > _TOLD:
        kept.popitem(last=False)


async def kept_promises(audit: Audit, clock: Clock) -> Finding:
    """Say whether promises were broken lately."""
    breach, now = audit.worst, clock.now()
    if breach is None or now - (breach.mended_at or breach.at) > REMEMBERED:
        return Finding("ok", "No errors.")
    others = len(audit.broken() - {breach.channel})
    elsewhere = f" Promises are also broken on {others} more." if others else ""
    return Finding(
        "degraded",
        f"Channel {breach.channel}: {breach.violation.code}, {breach.violation.message}. "
        f"{_course(breach, now)}{elsewhere}",
        ADVICE["playlist_violation"].remedy,
    )


def _course(breach: Breach, now: Ticks) -> str:
    """Return how a breach has gone, in a sentence."""
    if breach.mended_at is None:
        return f"It began {_length(Ticks(now - breach.began_at))} ago."
    lasted = _length(Ticks(breach.at - breach.began_at))
    return f"It lasted {lasted} and is over; no problems for {_length(Ticks(now - breach.mended_at))}."


def _length(duration: Ticks) -> str:
    whole = round(to_seconds(duration))
    return f"{whole} s" if whole < _MINUTE else f"{whole // _MINUTE} min"


def judge(
    page: Page, *, before: Page | None, beside: Page | None, end: Page | None = None, now: Ticks
) -> Iterator[Violation]:
    """Check a media playlist by its text.

    before: an earlier page of the same rung. beside: another rung's of the same window. end: the short
    playlist with the same live edge, where this is the long one.
    """
    read = Text.of(page.plain)
    if read is None:
        yield from read_closely(page)
        return
    if not read.is_ended:
        yield from _check_edge(read, now)
    if before is not None and ((earlier := Text.of(before.plain)) is None or not goes_on(earlier, read)):
        yield from _errors(lambda: check_refresh(_media(before), _media(page)))
    if beside is not None and page.likeness != beside.likeness:
        yield from _errors(lambda: check_variants({"one rung": _media(page), "another": _media(beside)}))
    if end is not None and ((short := Text.of(end.plain)) is None or not ends_with(read, short)):
        yield REWIND.broken(
            f"the playlist that all players load is not its end, at segment {read.media_sequence}"
        )


def read_closely(page: Page) -> Iterator[Violation]:
    """Check a media playlist by itself, with all rules; this takes a hundred times as long as `judge`."""
    yield from _errors(lambda: check_media(_media(page)))


def _check_edge(page: Text, now: Ticks) -> Iterator[Violation]:
    """Check that the newest segment is not older than what a player has, nor from the future."""
    target = page.target_duration * TICKS_PER_SECOND
    behind = Ticks(now - page.edge)
    if behind > target * BUFFERED_TARGETS:
        yield pace.STALE.broken(
            f"the edge is {to_seconds(behind):.1f} s behind the clock; the target duration is "
            f"{page.target_duration} s"
        )
    if behind < -target:
        yield pace.PDT_FUTURE.broken(f"the edge is {-to_seconds(behind):.1f} s ahead of the clock")


def _errors(check: Callable[[], Iterator[Violation]]) -> Iterator[Violation]:
    """Yield what is broken of the rules that bind us; a text that cannot be read breaks the first of them."""
    try:
        for violation in check():
            # Nobody asks for every refresh of every rung: what was not asked for is no gap.
            if violation.severity == "error" and violation.code != MSN_GAP.code:
                yield violation
    except (UnicodeDecodeError, PlaylistSyntaxError) as wrong:
        yield SYNTAX.broken(str(wrong))


def _media(page: Page) -> MediaPlaylist:
    playlist = parse(page.plain.decode())
    if not isinstance(playlist, MediaPlaylist):
        raise PlaylistSyntaxError(0, "a media playlist lists segments, not variants")
    return playlist

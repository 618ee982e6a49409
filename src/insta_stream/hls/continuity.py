"""Whether one text of a playlist goes on from another, told from their bytes.

What a playlist may never change are bytes here, because equal values are rendered to equal bytes: a refresh
is the end of the text before it and then new segments, and the rungs of a channel differ in URIs only. To
compare bytes costs a hundredth of parsing them, so every playlist that is served can be checked. Texts that
are not of our rendering may fail without being wrong: `hls.rules` has the last word, and the names of what is
broken.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from insta_stream.ticks import Ticks, from_datetime, seconds

_HEAD = re.compile(
    rb"#EXTM3U\n#EXT-X-VERSION:\d+\n(?:#EXT-X-INDEPENDENT-SEGMENTS\n)?#EXT-X-TARGETDURATION:(\d+)\n"
    rb"#EXT-X-MEDIA-SEQUENCE:(\d+)\n#EXT-X-DISCONTINUITY-SEQUENCE:(\d+)\n"
).match
_URIS = re.compile(rb"^[^#\n].*$", re.MULTILINE)
_END = b"#EXT-X-ENDLIST\n"
_TAG = b"#EXT-X-DISCONTINUITY\n"
_DATE = b"#EXT-X-PROGRAM-DATE-TIME:"
_DURATION = b"#EXTINF:"


@dataclass(frozen=True, slots=True)
class Text:
    """A media playlist in our rendering. target_duration: whole seconds. body: from the first segment on."""

    target_duration: int
    media_sequence: int
    discontinuity_sequence: int
    body: bytes

    @classmethod
    def of(cls, text: bytes) -> "Text | None":
        """Return the playlist; None where it does not begin as ours do."""
        head = _HEAD(text)
        return None if head is None else cls(int(head[1]), int(head[2]), int(head[3]), text[head.end() :])

    @property
    def is_ended(self) -> bool:
        """Nothing will be added."""
        return self.body.endswith(_END)

    @property
    def edge(self) -> Ticks:
        """The instant at which the last segment ends. Raises ValueError where it has no date."""
        date, duration = self._last(_DATE), self._last(_DURATION).removesuffix(b",")
        return Ticks(from_datetime(datetime.fromisoformat(date.decode())) + seconds(float(duration)))

    def _last(self, tag: bytes) -> bytes:
        at = self.body.rindex(tag) + len(tag)
        return self.body[at : self.body.index(b"\n", at)]


def goes_on(before: Text, after: Text) -> bool:
    """Tell whether a refresh only adds segments at the end and drops some in front, with the right numbers.

    Where the two have no segment in common, only the direction of the numbers can be told.
    """
    if before.is_ended:
        return before == after
    left = after.media_sequence - before.media_sequence
    if left < 0 or after.target_duration != before.target_duration:
        return False
    kept_at = _start_of(before.body, left)
    tags = before.body.count(_TAG, 0, kept_at)
    if kept_at is None:
        return after.discontinuity_sequence >= before.discontinuity_sequence + tags
    is_counted = after.discontinuity_sequence == before.discontinuity_sequence + tags
    return is_counted and after.body.startswith(before.body[kept_at:])


def segments_from(playlist: Text, msn: int) -> bytes:
    """Return the lines of a playlist's segments from number `msn` on, empty where it has none of these."""
    body = playlist.body.removesuffix(_END)
    at = _start_of(body, msn - playlist.media_sequence)
    return b"" if at is None else body[at:]


def ends_with(long: Text, short: Text) -> bool:
    """Return whether all that one playlist lists is the end of what another one lists, with its numbers."""
    if not long.body.endswith(short.body):
        return False
    before = long.body[: len(long.body) - len(short.body)]
    return (
        long.target_duration == short.target_duration
        and long.media_sequence + before.count(_DURATION) == short.media_sequence
        and long.discontinuity_sequence + before.count(_TAG) == short.discontinuity_sequence
    )


def without_uris(text: bytes) -> bytes:
    """Return what all rungs of a channel say alike: everything but where their segments are."""
    return _URIS.sub(b"", text)


def _start_of(body: bytes, index: int) -> int | None:
    """Return where segment `index` of a body begins, None where there are fewer."""
    at = 0
    for _ in range(index):
        duration = body.find(_DURATION, at)
        if duration < 0:
            return None
        uri = body.find(b"\n", duration) + 1
        at = body.find(b"\n", uri) + 1
    return at if body.startswith(b"#", at) else None

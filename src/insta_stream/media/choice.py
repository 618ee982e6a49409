"""Which of a file's tracks air: the picture and the sound that a player would begin with."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from av.audio.stream import AudioStream as AvAudioStream
from av.stream import Disposition, Stream
from av.video.stream import VideoStream as AvVideoStream

NOT_SHOWN = (
    Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image | Disposition.dependent
)
"""What such a track holds is no moving picture of its own."""

_BESIDE = (
    Disposition.comment
    | Disposition.visual_impaired
    | Disposition.hearing_impaired
    | Disposition.descriptions
    | Disposition.clean_effects
    | Disposition.karaoke
    | Disposition.lyrics
    | Disposition.non_diegetic
)
"""Made for some, or to go with another track: aired only where there is nothing else, whatever is default."""

Programmes = Mapping[int, frozenset[int]]
"""The programmes of a transport stream in which each track is, by stream number."""

_Some = TypeVar("_Some", bound=Stream)


def picture(streams: Sequence[AvVideoStream]) -> AvVideoStream:
    """Return the picture that airs: a main one, the default one, the largest, the first.

    streams: those that are shown, one at least.
    """
    return max(streams, key=lambda stream: (*_rank(stream), _pixels(stream)))


def sounds(streams: Sequence[_Some], shown: Stream, programmes: Programmes) -> list[_Some]:
    """Return those streams whose sound may belong to a picture.

    In a transport stream with several programmes these are the picture's own; else those of no programme.
    """
    own = programmes.get(shown.index)
    if not own:
        return list(streams)
    mine = [stream for stream in streams if own & programmes.get(stream.index, frozenset())]
    return mine or [stream for stream in streams if stream.index not in programmes]


def sound(streams: Sequence[AvAudioStream]) -> AvAudioStream | None:
    """Return the sound that airs: a main one, the default one, the first."""
    return max(streams, key=_rank, default=None)


def _rank(stream: Stream) -> tuple[bool, bool]:
    disposition = Disposition(stream.disposition)
    return not disposition & _BESIDE, bool(disposition & Disposition.default)


def _pixels(stream: AvVideoStream) -> int:
    return stream.codec_context.width * stream.codec_context.height

"""What inspection finds in a file and what planning decides from it: frozen values, stored as JSON.

`Inspection` is what is there; `Plan` is what will be made. Both are written once and never changed.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from insta_stream.ticks import Ticks
from insta_stream.timeline.table import SegmentTable

HDR_TRANSFERS = ("smpte2084", "arib-std-b67")
"""Transfer functions of HDR pictures: PQ and HLG."""

NO_TIME = Ticks(0)


@dataclass(frozen=True, slots=True)
class Caution:
    """Something a person should know about a video: a stable `code` and a sentence."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class VideoStream:
    """The picture track that airs.

    index: stream number in the file. width, height: of what is to be seen of the largest pictures, before
    they are turned. sample_aspect: shape of a pixel. rotation: clockwise degrees to turn before showing (0,
    90, 180, 270). frame_rate: the standard constant rate at which it will air. is_constant: its own frames
    already keep that rate. starts_at: timestamp of the first shown frame, in ticks, as in the file (may be
    negative). bits: per component. transfer: colour transfer name ("bt709", "arib-std-b67", "smpte2084",
    "unknown", ...). crop: how many pixels of the decoded picture are not to be seen, on the left, at the
    top, on the right and at the bottom; None where it is seen whole. is_interlaced: some frames are of two
    instants. is_marked: each frame says whether it is; some may say so even where none was found.
    is_mirrored: left and right change sides, before it is turned. shapes: of the pixels, where it changes on
    the way, each with the time since the first frame, in ticks, from which on they have it.
    """

    index: int
    codec: str
    profile: str
    level: int
    width: int
    height: int
    sample_aspect: Fraction
    rotation: int
    frame_rate: Fraction
    is_constant: bool
    is_interlaced: bool
    pixel_format: str
    bits: int
    color_range: str
    color_space: str
    color_primaries: str
    transfer: str
    starts_at: Ticks
    crop: tuple[int, int, int, int] | None = None
    is_mirrored: bool = False
    is_marked: bool = False
    shapes: tuple[tuple[Ticks, Fraction], ...] = ()


@dataclass(frozen=True, slots=True)
class AudioStream:
    """The sound track that airs.

    starts_at, ends_at: timestamps in ticks, as in the file. peak_bps: of its busiest second. copy_obstacle:
    why it cannot be copied, as a sentence, or "" when it can. jitter: how far its timestamps fall behind each
    other though nothing is missing. places: of each channel the loudspeaker, by FFmpeg's names ("FL", "LFE"),
    "AMBI0" and so on for those of a sound field, "NONE" where the file does not say; none at all in
    inspections of older versions.
    """

    index: int
    codec: str
    profile: str
    sample_rate: int
    channels: int
    starts_at: Ticks
    ends_at: Ticks
    peak_bps: int = 0
    copy_obstacle: str = ""
    jitter: Ticks = NO_TIME
    places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Inspection:
    """What one pass over the whole file found, without decoding more than a few frames.

    format: FFmpeg's demuxer name, forced (`-f`) in every later run. duration: of the picture, measured.
    frame_count: frames at the airing rate that cover the duration. cuts: key frames at which the source may
    be cut without re-encoding, as timestamps in ticks as in the file, ascending; empty where copying is out
    of the question. cut_bytes: for each cut, bytes of picture (as MPEG-TS) up to the next. copy_obstacle: why
    this picture could not be copied whatever the ladder and the segment length, as a sentence, or ""
    (`Plan.copy_obstacle` has the last word). clock_zero: of a file whose clock is set anew on its way, the
    timestamp, in ticks, from which FFmpeg counts by a clock of its own; the others are as if the file's first
    clock had gone on. None of all other files.
    """

    format: str
    size_bytes: int
    duration: Ticks
    frame_count: int
    video: VideoStream
    audio: AudioStream | None
    cuts: tuple[Ticks, ...]
    copy_obstacle: str
    cautions: tuple[Caution, ...]
    cut_bytes: tuple[int, ...] = ()
    clock_zero: Ticks | None = None

    @property
    def picture_begins(self) -> int:
        """When the first frame is shown, in ticks by the clock that FFmpeg's filters see."""
        return self.video.starts_at - (self.clock_zero or 0)


RenditionKind = Literal["copy", "encode"]


@dataclass(frozen=True, slots=True)
class RenditionPlan:
    """One encoding that will be made. name: of the rung whose caps it keeps."""

    name: str
    kind: RenditionKind
    copies_audio: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """The package that will be made: decided before a frame is encoded, the same table for every rendition.

    frame_rate: of every encoded rendition. borders: first frame number of each segment, then the total
    number of frames (len = table.count + 1); frame k of an encoded rendition shows instant k / frame_rate.
    renditions: best first. starter: the rendition that is made first and alone so that the video can air
    while the others are made; "" when all are made in one go. copy_hls_time: the segment length with which
    FFmpeg's HLS muxer cuts the copied rendition at exactly these borders; 0 without one. copy_obstacle: why
    nothing is copied, as a sentence, or "".
    """

    table: SegmentTable
    frame_rate: Fraction
    borders: tuple[int, ...]
    renditions: tuple[RenditionPlan, ...]
    starter: str
    cautions: tuple[Caution, ...]
    copy_hls_time: Ticks = NO_TIME
    copy_obstacle: str = ""

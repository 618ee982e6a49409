"""The tracks of a file as one pass finds them: facts of their headers, and notes on each packet."""

from __future__ import annotations  # PyAV's packets and 3.11's arrays cannot be subscripted at run time

from array import array
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache

from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream as AvAudioStream
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream as AvVideoStream

from insta_stream.hls import adts
from insta_stream.hls.h264 import read_sps
from insta_stream.media import h264
from insta_stream.media.orientation import UPRIGHT, Orientation, matrix_of, upright
from insta_stream.media.sizes import Size, size_of, size_of_set


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """What the headers say of the picture; colours and field order are FFmpeg's numbers.

    opens_at: the track's start time as FFmpeg finds it when it opens the file, in seconds.
    """

    index: int
    time_base: Fraction
    opens_at: Fraction
    codec: str
    profile: str
    level: int
    sample_aspect: Fraction
    guessed_rate: Fraction
    field_order: int
    color_range: int
    color_space: int
    color_primaries: int
    transfer: int

    @classmethod
    def of(cls, stream: AvVideoStream) -> PictureFacts:
        """Copy the facts: a stream must not be touched once its container is closed."""
        context = stream.codec_context
        return cls(
            index=stream.index,
            time_base=stream.time_base or Fraction(1),
            opens_at=(stream.start_time or 0) * (stream.time_base or Fraction(1)),
            codec=stream.codec.canonical_name,
            profile=context.profile or "",
            level=max(0, context.level),
            sample_aspect=stream.sample_aspect_ratio or context.sample_aspect_ratio or Fraction(1),
            guessed_rate=stream.guessed_rate or Fraction(25),
            field_order=context.field_order,
            color_range=context.color_range,
            color_space=context.colorspace,
            color_primaries=context.color_primaries,
            transfer=context.color_trc,
        )


@dataclass(frozen=True, slots=True)
class SoundFacts:
    """What the headers say of the sound. opens_at: as of the picture. is_framed: each packet has a header.

    Nothing of its channels: PyAV (18.1) frees a layout of channels in an order of its own each time that one
    looks at it there. `SoundTrack.hear` learns them from decoded sound.
    """

    index: int
    time_base: Fraction
    opens_at: Fraction
    codec: str
    profile: str
    sample_rate: int
    is_framed: bool = False

    @classmethod
    def of(cls, stream: AvAudioStream) -> SoundFacts:
        """Copy the facts: a stream must not be touched once its container is closed."""
        context = stream.codec_context
        return cls(
            index=stream.index,
            time_base=stream.time_base or Fraction(1),
            opens_at=(stream.start_time or 0) * (stream.time_base or Fraction(1)),
            codec=stream.codec.canonical_name,
            profile=context.profile or "",
            sample_rate=context.sample_rate,
            is_framed=stream.codec.canonical_name == "aac" and not context.extradata,
        )


_FIELDLESS = frozenset({"av1", "hevc", "mpeg1video", "theora", "vp8", "vp9", "vvc"})
"""Codecs of which each frame is of one instant, or (of HEVC, rarely) is a field of its own."""


@dataclass(slots=True)
class PictureTrack:
    """The packets of the picture, in file order; times in units of the stream's time base.

    times: when each frame is shown. last_duration: of the frame shown last. key_*: of each packet marked as a
    key frame: its time, whether it is a real IDR that is shown after all before it, and the number of its
    first byte among `bytes_total`, counted as MPEG-TS. disorder: packets whose decoding time is not after the
    one before. hidden: packets that an edit list leaves out. sps: every sequence parameter set seen. sizes:
    of the pictures, as far as key frames of other codecs say.
    """

    facts: PictureFacts
    prefix: int
    times: array[int] = field(default_factory=lambda: array("q"))
    last_duration: int = 0
    key_times: array[int] = field(default_factory=lambda: array("q"))
    key_is_clean: bytearray = field(default_factory=bytearray)
    key_offsets: array[int] = field(default_factory=lambda: array("q"))
    bytes_total: int = 0
    disorder: int = 0
    hidden: int = 0
    untimed: int = 0
    corrupt: int = 0
    sps: set[bytes] = field(default_factory=set)
    sizes: set[Size] = field(default_factory=set)
    opens_with_key: bool = False
    _last_dts: int | None = None
    _latest: int | None = None

    def add(self, packet: Packet[Stream], time: int | None, dts: int | None) -> None:
        """Take note of the next packet."""
        self.corrupt += packet.is_corrupt
        if packet.is_discard:
            self.hidden += 1
            return
        if time is None:
            self.untimed += 1
            return
        if dts is not None:
            self.disorder += self._last_dts is not None and dts <= self._last_dts
            self._last_dts = dts
        if packet.is_keyframe:
            self._add_key(packet, time)
        if self._latest is None or time > self._latest:
            self._latest = time
            self.last_duration = packet.duration or 0
        self.times.append(time)
        self.bytes_total += _as_transport_stream(packet.size)

    @property
    def may_have_fields(self) -> bool:
        """Whether frames of two instants are possible, as far as the headers say that were seen."""
        if self.facts.codec == "h264":
            return any(_has_fields(unit) for unit in self.sps)
        return self.facts.codec not in _FIELDLESS

    def all_sizes(self) -> set[Size]:
        """Return the sizes that pictures have somewhere in the file, as far as headers say."""
        return self.sizes | {size for unit in self.sps if (size := size_of_set(unit))}

    def _add_key(self, packet: Packet[Stream], time: int) -> None:
        self.opens_with_key = self.opens_with_key or not self.times
        is_clean = False
        if self.facts.codec == "h264":
            start = h264.opening(bytes(packet), self.prefix)
            self.sps.update(start.sps)
            is_clean = start.is_idr and (self._latest is None or time > self._latest)
        elif size := size_of(self.facts.codec, bytes(packet)):
            self.sizes.add(size)
        self.key_times.append(time)
        self.key_is_clean.append(is_clean)
        self.key_offsets.append(self.bytes_total)


@dataclass(slots=True)
class SoundTrack:
    """The packets of the sound; times in units of the stream's time base.

    places: of the channels, as far as its beginning could be decoded; none where it could not. opens_at: of
    the first packet, also of one that an edit list leaves out; those are not among the others. breaks:
    packets that do not begin, within two milliseconds, where the one before ended. drifts: of each packet,
    its time less the durations of all before it. headers: of framed AAC, each that says something else.
    seconds: bytes in each whole second since the first packet.
    """

    facts: SoundFacts
    places: tuple[str, ...] = ()
    opens_at: int | None = None
    starts_at: int | None = None
    ends_at: int = 0
    breaks: int = 0
    drifts: array[int] = field(default_factory=lambda: array("q"))
    headers: set[bytes] = field(default_factory=set)
    seconds: dict[int, int] = field(default_factory=dict)
    _length: int = 0
    _slack: int = field(init=False)
    _second: tuple[int, int] = field(init=False)

    def __post_init__(self) -> None:
        # Whole numbers, once: a film has a hundred packets for each second, and fractions are slow.
        self._slack = max(1, int(Fraction(2, 1000) / self.facts.time_base))
        self._second = self.facts.time_base.as_integer_ratio()

    def hear(self, frame: AudioFrame) -> None:
        """Take note of decoded sound."""
        self.places = tuple(channel.name for channel in frame.layout.channels)

    def add(self, packet: Packet[Stream], time: int | None) -> None:
        """Take note of the next packet."""
        if time is None:
            return
        if self.opens_at is None:
            self.opens_at = time
        if packet.is_discard:
            return
        if self.starts_at is None:
            self.starts_at = self.ends_at = time
        self.breaks += abs(time - self.ends_at) > self._slack
        self.drifts.append(time - self._length)
        duration = packet.duration or 0
        self._length += duration
        self.ends_at = max(self.ends_at, time + duration)
        if self.facts.is_framed:
            self.headers.add(adts.format_of(bytes(packet)))
        over, under = self._second
        second = (time - self.starts_at) * over // under
        self.seconds[second] = self.seconds.get(second, 0) + packet.size


@dataclass(slots=True)
class Glimpse:
    """What decoding a few frames shows: the first ones, and some along the file.

    frames: how many came out; the first say the most. interlaced: how many were marked so. sample_aspect: as
    the picture itself has it, which is what players of a copy see; None where it says nothing.
    """

    frames: int = 0
    interlaced: int = 0
    sample_aspect: Fraction | None = None
    orientation: Orientation = UPRIGHT
    has_matrix: bool = False
    transfer: int = 2
    width: int = 0
    height: int = 0
    pixel_format: str = ""

    def add(self, frame: VideoFrame) -> None:
        """Take note of one of the first frames."""
        self.sample(frame)
        if matrix := _matrix(frame):
            self.has_matrix = True
            self.orientation = upright(matrix)
        self.width, self.height, self.pixel_format = frame.width, frame.height, frame.format.name

    def sample(self, frame: VideoFrame) -> None:
        """Take note of a frame somewhere in the file."""
        self.frames += 1
        self.interlaced += frame.interlaced_frame


def _matrix(frame: VideoFrame) -> bytes:
    """Return a frame's display matrix; empty where it has none."""
    try:
        return bytes(frame.side_data["DISPLAYMATRIX"])  # type: ignore[typeddict-item]
    except KeyError:
        return b""
    except ValueError:  # PyAV does not know every kind of side data, and then gives none; but the angle
        return matrix_of(frame.rotation)


@cache
def _has_fields(sps: bytes) -> bool:
    try:
        return read_sps(sps).has_fields
    except ValueError:
        return True


def _as_transport_stream(size: int) -> int:
    """Return the bytes that a picture of `size` takes in whole packets, with delimiter, header and clock."""
    return -(-(size + 48) // 184) * 188

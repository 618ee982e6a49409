"""One pass over a whole file, in the probe's process: its tracks, and when their packets are shown.

Only real containers are opened, and only the file itself: never a playlist, manifest, list or picture, which
could name other files and addresses (the demuxer whitelist), and nothing but files (the protocol whitelist).
"""

from __future__ import annotations  # PyAV's packets cannot be subscripted at run time

import ctypes
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import TypeVar

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream as AvAudioStream
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition, Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream as AvVideoStream

from insta_stream.media import choice, h264, outline
from insta_stream.media.outline import Crop, Outline
from insta_stream.media.samples import Samples
from insta_stream.media.shapes import Shapes
from insta_stream.media.tracks import Glimpse, PictureFacts, PictureTrack, SoundFacts, SoundTrack

FORMATS = "mov,matroska,avi,mpegts,mpeg,flv,asf,asf_o,ogg,mxf,gxf,wtv,nut,rm,dv,ivf,nsv,lxf"
"""Demuxers that may open an upload. None of them opens a second file."""

OPTIONS = {"format_whitelist": FORMATS, "protocol_whitelist": "file"}

_JUMP = 10
"""Seconds by which time jumps where a broadcast stream has a new clock (FFmpeg's dts_delta_threshold)."""

_BACK = Fraction(1, 10)
"""Seconds by which it goes back there (FFmpeg's ts_discontinuity_detect)."""

_LOOK_PACKETS = 300
_LOOK_FRAMES = 6
_LISTEN_PACKETS = 100

_Kind = TypeVar("_Kind", AvVideoStream, AvAudioStream)


class NoPictureTrack(Exception):
    """The file opened, but has no moving picture that can be decoded.

    has_sound: some track is sound. is_unknown: some track is a picture, of a kind without a decoder.
    """

    def __init__(self, *, has_sound: bool, is_unknown: bool) -> None:
        super().__init__("no picture track")
        self.has_sound = has_sound
        self.is_unknown = is_unknown


@dataclass(slots=True)
class Survey:
    """All that one pass over the file found; the judgement is `judge.judge`'s.

    picture_tracks, sound_tracks: from how many those were chosen. crop: what the container cuts off the
    picture. shapes: of the pixels, as `Shapes.changes`, where only the picture tells. declared_seconds: how
    long the picture is said to be; 0 where nothing is said of it.
    """

    format: str
    size_bytes: int
    picture: PictureTrack
    sound: SoundTrack | None
    picture_tracks: int
    sound_tracks: int
    glimpse: Glimpse
    crop: Crop | None
    shapes: Sequence[tuple[int, Fraction]] = ()
    declared_seconds: Fraction = Fraction(0)
    reading_error: str = ""
    has_new_clock: bool = False


def survey(path: Path, on_position: Callable[[int], None]) -> Survey:
    """Read the whole file once. on_position: is told the byte position now and then.

    Raises NoPictureTrack, av.error.FFmpegError, and whatever PyAV raises on broken files.
    """
    with av.open(f"file:{path}", mode="r", options=dict(OPTIONS), metadata_errors="replace") as container:
        words = _outline(container)
        pictures = _pictures(container)
        picture = choice.picture(pictures)
        sounds = choice.sounds(container.streams.audio, picture, words.programmes)
        sound = choice.sound(_decodable(sounds, AvAudioStream))
        extradata = picture.codec_context.extradata
        found = Survey(
            format=container.format.name,
            size_bytes=path.stat().st_size,
            picture=PictureTrack(PictureFacts.of(picture), h264.length_size(extradata)),
            sound=SoundTrack(SoundFacts.of(sound)) if sound else None,
            picture_tracks=len(pictures),
            sound_tracks=len(sounds),
            glimpse=Glimpse(),
            crop=words.crops.get(picture.index),
        )
        if found.picture.facts.codec == "h264":
            found.picture.sps.update(h264.parameter_sets(extradata))
        try:
            _walk(container, picture, sound, found, on_position)
        except (av.error.FFmpegError, UnicodeError, IndexError, ValueError, OSError) as error:
            found.reading_error = str(error) or type(error).__name__
        if found.picture.times and not found.has_new_clock:  # there, FFmpeg takes it from the last timestamp
            found.declared_seconds = _declared(container, picture, found)
        return found


def _walk(
    container: InputContainer,
    picture: AvVideoStream,
    sound: AvAudioStream | None,
    found: Survey,
    on_position: Callable[[int], None],
) -> None:
    glimpse = found.glimpse
    is_broadcast = container.format.name in ("mpegts", "mpeg")
    clock = Clock(is_broadcast=is_broadcast)
    picture.thread_count = 1
    looked = listened = read = 0
    samples = Samples(found.size_bytes, lambda packet: _look(packet, glimpse.sample))
    shapes = Shapes(picture, lambda packet: _look(packet, glimpse.sample))
    found.shapes = shapes.changes
    for packet in container.demux(*filter(None, (picture, sound))):
        if packet.size == 0 and packet.dts is None:
            continue  # the flush packet at the end
        time, dts = clock.read(packet)
        found.has_new_clock = clock.is_new
        if packet.stream_index == picture.index:
            is_looked_at = looked < _LOOK_PACKETS and glimpse.frames < _LOOK_FRAMES
            if is_looked_at:
                looked += 1
                _look(packet, glimpse.add)
            elif glimpse.frames and found.picture.may_have_fields:
                samples.take(packet, packet.pos or read)
            if is_broadcast and packet.is_keyframe and time is not None:
                shapes.take(packet, time, is_decoded=is_looked_at)
            found.picture.add(packet, time, dts)
        elif found.sound:
            if not found.sound.places and listened < _LISTEN_PACKETS:
                listened += 1
                _listen(packet, found.sound)
            found.sound.add(packet, time)
        read += packet.size
        on_position(packet.pos or read)  # not every demuxer tells positions
    if glimpse.frames == 0:
        _look(None, glimpse.add, picture)
    glimpse.sample_aspect = picture.codec_context.sample_aspect_ratio


class Clock:
    """Reads packet times; in a broadcast stream a great jump of time is a new clock, as FFmpeg has it.

    is_new: there was one.
    """

    def __init__(self, *, is_broadcast: bool) -> None:
        self.is_new = False
        self._is_broadcast = is_broadcast
        self._hands: dict[int, _Hand] = {}
        self._offset = Fraction(0)

    def read(self, packet: Packet[Stream]) -> tuple[int | None, int | None]:
        """Return when the packet is shown and decoded."""
        pts, dts = packet.pts, packet.dts
        if not self._is_broadcast or dts is None:
            return (dts if pts is None else pts), dts
        hand = self._hands.get(packet.stream_index)
        if hand is None:
            hand = self._hands[packet.stream_index] = _Hand.of(packet.time_base, self._offset, dts)
        if hand.jumps(dts + hand.shift):
            self._set_anew(hand, dts)
        shift = hand.shift
        hand.last = dts + shift
        hand.expected = hand.last + (packet.duration or 0)
        return (dts if pts is None else pts) + shift, hand.last

    def _set_anew(self, hand: _Hand, dts: int) -> None:
        self.is_new = True
        self._offset += (hand.expected - dts - hand.shift) * hand.base
        for each in self._hands.values():
            each.shift = int(self._offset / each.base)


@dataclass(slots=True)
class _Hand:
    """One track on the clock, in units of its time base. A film has a hundred packets for each second, and
    fractions are slow: what is done for each of them is done with whole numbers.

    shift: added to its times since the clock was set anew. jump, back: by how much time must go forth or back
    for that. last: when its last packet was decoded. expected: when the next one is to be.
    """

    base: Fraction
    shift: int
    jump: int
    back: int
    last: int
    expected: int

    @classmethod
    def of(cls, base: Fraction, offset: Fraction, dts: int) -> _Hand:
        """Return the hand of a track whose first packet has come."""
        shift = int(offset / base)
        return cls(base, shift, floor(_JUMP / base), floor(_BACK / base), dts + shift, dts + shift)

    def jumps(self, time: int) -> bool:
        """Return whether a packet at that time belongs to another clock."""
        return abs(time - self.expected) > self.jump or self.last - time > self.back


def _look(
    packet: Packet[Stream] | None, take: Callable[[VideoFrame], None], stream: AvVideoStream | None = None
) -> None:
    """Decode a packet, or what a stream's decoder still keeps."""
    try:
        frames = packet.decode() if packet else stream.decode(None) if stream else []
    except (av.error.FFmpegError, UnicodeError, ValueError):
        return  # the next packet may be sound; no frame at all is for the judgement
    for frame in frames:
        if isinstance(frame, VideoFrame):
            take(frame)


def _listen(packet: Packet[Stream], sound: SoundTrack) -> None:
    """Try to decode a packet of sound; a broken header makes all of them silent."""
    try:
        frames = packet.decode()
    except (av.error.FFmpegError, UnicodeError, ValueError):
        return
    for frame in frames:
        _keep(frame)
        if isinstance(frame, AudioFrame):
            sound.hear(frame)


def _keep(frame: object) -> None:
    """Let a decoded frame of sound live as long as this process.

    PyAV (since 17.1) frees the layout of its channels twice, once with the frame and once with the frame's
    `layout`: where channels have an order of their own, and so a list, that ends the process.
    """
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(frame))


def _outline(container: InputContainer) -> Outline:
    level = av.logging.get_level()
    av.logging.set_level(av.logging.INFO)  # the words are a log
    try:
        return outline.read(container.dumps_format())  # type: ignore[attr-defined] # not in the stubs
    finally:
        av.logging.set_level(level)


def _pictures(container: InputContainer) -> list[AvVideoStream]:
    """Return the moving pictures, one at least. Raises NoPictureTrack."""
    moving = [
        stream
        for stream in _decodable(container.streams, AvVideoStream)
        if not Disposition(stream.disposition) & choice.NOT_SHOWN
    ]
    if not moving:
        unknown = any(stream.codec_context is None for stream in container.streams.video)
        raise NoPictureTrack(has_sound=bool(container.streams.audio), is_unknown=unknown)
    return moving


def _decodable(streams: Iterable[Stream], kind: type[_Kind]) -> list[_Kind]:
    """Return the streams of a kind for which there is a decoder (else PyAV gives them no codec)."""
    return [stream for stream in streams if isinstance(stream, kind) and stream.codec_context is not None]


def _declared(container: InputContainer, picture: AvVideoStream, found: Survey) -> Fraction:
    """Return how long the picture is said to be.

    Where something is said of the whole file only, that is until when the last track lasts, from 0 on.
    """
    if picture.duration and picture.time_base:
        return picture.duration * picture.time_base
    track, sound = found.picture, found.sound
    begin, last = min(track.times), max(track.times) + track.last_duration
    end = last * track.facts.time_base
    if sound:
        end = max(end, sound.ends_at * sound.facts.time_base)
    length = (last - begin) * track.facts.time_base
    return Fraction(container.duration or 0, 1_000_000) - end + length

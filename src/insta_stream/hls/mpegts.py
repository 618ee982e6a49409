"""Reads one MPEG-TS segment: its tables, tracks, timestamps and counters (ISO/IEC 13818-1 section 2.4).

Only what HLS needs (RFC 8216 section 3.2): one program, H.264 pictures, AAC sound in ADTS framing. The bytes
that thousands of packets share are taken with strided slices, so that the one loop over all packets is short.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from statistics import median_low
from typing import TypedDict

from insta_stream.hls import adts, h264

PACKET = 188
CLOCK = 90_000
"""Timestamps per second."""

WRAP = 1 << 33
"""Timestamps are counted modulo this, and so begin again at 0 after 26.5 hours (section 2.4.3.7)."""

_PAT = 0
_NULL = 0x1FFF
_SERVICE_TABLES = range(1, 0x20)
"""PIDs of tables that may stand before the PAT: FFmpeg writes a service description (PID 17)."""

_H264 = 0x1B
_ADTS = 0x0F
_VIDEO_TYPES = frozenset({0x01, 0x02, 0x10, _H264, 0x24})
_AUDIO_TYPES = frozenset({0x03, 0x04, _ADTS, 0x11, 0x81, 0x87})


class SegmentError(ValueError):
    """The bytes are not an MPEG-TS segment; the message says why."""


@dataclass(frozen=True, slots=True)
class PidFacts:
    """The packets of one PID.

    first_cc, last_cc: continuity counters, 0 to 15, of the first and last packet with payload. cc_errors:
    packets whose counter does not follow the one before. marked_discontinuity: the first packet carries
    the discontinuity_indicator.
    """

    pid: int
    first_cc: int
    last_cc: int
    cc_errors: int
    marked_discontinuity: bool


@dataclass(frozen=True, slots=True)
class TrackFacts(PidFacts):
    """One elementary stream.

    Timestamps count 1/90,000 s, unwrapped inside the segment (they may pass 2^33). first_pts, last_pts: of
    the first and last frame shown. end_pts: where the last frame ends; the last frame of a picture track is
    taken to last as long as the usual one, and `end_pts` is None when there is only one. frame_count: PES
    packets of a picture track, ADTS frames of a sound track. unevenness: how far, at most, a picture is from
    its place among evenly spaced ones, or a PES packet of sound from the end of the one before.
    """

    stream_type: int
    first_pts: int
    last_pts: int
    end_pts: int | None
    frame_count: int
    unevenness: int


@dataclass(frozen=True, slots=True)
class SegmentFacts:
    """What one segment holds.

    pat_first, pmt_first: the PAT comes first, then the PMT (service tables may stand before them).
    starts_with_idr: the first access unit of the picture is an IDR (H.264 only). pictures_ahead: how many
    begin before the first packet of sound; 0 where a track is missing. sps, adts: None when the
    track is missing or is coded otherwise. pids: tables and tracks, in the order in which they first appear.
    """

    size: int
    pat_first: bool
    pmt_first: bool
    video: TrackFacts | None
    audio: TrackFacts | None
    others: tuple[TrackFacts, ...]
    starts_with_idr: bool
    pictures_ahead: int
    sps: h264.Sps | None
    adts: adts.Adts | None
    pids: tuple[PidFacts, ...]


@dataclass(slots=True)
class _Pid:
    """What is gathered about a PID in the loop over all packets. Positions are packet numbers."""

    pid: int
    is_marked: bool
    positions: list[int] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    first_cc: int = -1
    last_cc: int = -1
    errors: int = 0

    def facts(self) -> PidFacts:
        return PidFacts(self.pid, self.first_cc & 15, self.last_cc & 15, self.errors, self.is_marked)


def read(data: bytes) -> SegmentFacts:
    """Return what a segment holds. Raises SegmentError when it is broken or has no program tables."""
    try:
        return _read(data)
    except IndexError as broken:
        raise SegmentError("a packet ends before its header does") from broken


def _read(data: bytes) -> SegmentFacts:
    pids = _scan(data)
    if _PAT not in pids:
        raise SegmentError("there is no program association table")
    pmt = _program_map_pid(_first_section(data, pids[_PAT]))
    if pmt not in pids:
        raise SegmentError("there is no program map table")
    streams = _streams(_first_section(data, pids[pmt]))
    tracks = [_track(data, pids[pid], kind) for pid, kind in streams if pid in pids and pids[pid].starts]
    video = next((track for track in tracks if track.stream_type in _VIDEO_TYPES), None)
    audio = next((track for track in tracks if track.stream_type in _AUDIO_TYPES), None)
    is_idr, sps = _opening(data, pids[video.pid]) if video and video.stream_type == _H264 else (False, None)
    order = [pid for pid in pids if pid not in _SERVICE_TABLES]
    return SegmentFacts(
        size=len(data),
        pat_first=order[0] == _PAT,
        pmt_first=order[1:2] == [pmt],
        video=video,
        audio=audio,
        others=tuple(track for track in tracks if track not in (video, audio)),
        starts_with_idr=is_idr,
        pictures_ahead=_ahead(pids[video.pid], pids[audio.pid]) if video and audio else 0,
        sps=sps,
        adts=adts.header(_payload(data, pids[audio.pid], 1))
        if audio and audio.stream_type == _ADTS
        else None,
        pids=tuple(found.facts() for found in pids.values()),
    )


def distance(later: int, earlier: int) -> int:
    """Return by how much one timestamp is after another, which is up to half of 2^33 away from it."""
    half = WRAP // 2
    return (later - earlier + half) % WRAP - half


def join_prefix(facts: SegmentFacts) -> bytes:
    """Return packets to put before a segment that a player enters in the middle of a video.

    One packet for each PID, without payload, says that the counter which follows begins anew
    (discontinuity_indicator, ISO/IEC 13818-1 section 2.4.3.5). Demuxers that do not know of the playlist's
    DISCONTINUITY tag, such as FFmpeg's, otherwise report a corrupt packet for each PID.
    """
    return b"".join(
        bytes((0x47, found.pid >> 8, found.pid & 0xFF, 0x20 | (found.first_cc - 1) & 15, 183, 0x80))
        + b"\xff" * 182
        for found in facts.pids
    )


def _scan(data: bytes) -> dict[int, _Pid]:
    """Sort the packets by PID, in order of appearance, and check their counters."""
    if not data or len(data) % PACKET:
        raise SegmentError(f"{len(data)} bytes are not a whole number of packets")
    if data[::PACKET] != b"\x47" * (len(data) // PACKET):
        raise SegmentError("a packet does not begin with the sync byte")
    highs = data[1::PACKET]
    if max(highs) & 0x80:
        raise SegmentError("a packet is marked as damaged (transport_error_indicator)")
    pids: dict[int, _Pid] = {}
    for number, (high, low, control) in enumerate(zip(highs, data[2::PACKET], data[3::PACKET], strict=True)):
        pid = (high & 0x1F) << 8 | low
        is_marked = bool(control & 0x20 and data[number * PACKET + 4] and data[number * PACKET + 5] & 0x80)
        found = pids.get(pid)
        if found is None:
            found = pids[pid] = _Pid(pid, is_marked)
        counter = control & 15
        if control & 0x10:
            is_next = counter == (found.last_cc + 1) & 15 or found.last_cc < 0 or is_marked
            if not is_next and not _is_repeat(data, found, number):
                found.errors += 1
            if high & 0x40:
                found.starts.append(len(found.positions))
            found.positions.append(number)
            found.last_cc = counter
            if found.first_cc < 0:
                found.first_cc = counter
        elif is_marked:
            found.last_cc = counter
    pids.pop(_NULL, None)
    return pids


def _is_repeat(data: bytes, found: _Pid, number: int) -> bool:
    """Whether a packet repeats the one before it of its PID, which is allowed (section 2.4.3.3)."""
    if not found.positions:
        return False
    at, before = number * PACKET, found.positions[-1] * PACKET
    return data[at : at + PACKET] == data[before : before + PACKET]


def _payload(data: bytes, found: _Pid, units: int | None = None, first: int = 0) -> bytes:
    """Return the elementary stream of `units` PES packets from number `first` on (None: of all)."""
    starts = found.starts
    stop = len(starts) if units is None else min(first + units, len(starts))
    end = starts[stop] if stop < len(starts) else len(found.positions)
    heads = {starts[number] for number in range(first, stop)}
    parts = []
    for index in range(starts[first], end):
        at = found.positions[index] * PACKET
        begin = at + 4 + (1 + data[at + 4] if data[at + 3] & 0x20 else 0)
        if index in heads:
            begin += 9 + data[begin + 8]
        parts.append(data[begin : at + PACKET])
    return b"".join(parts)


def _opening(data: bytes, found: _Pid) -> tuple[bool, h264.Sps | None]:
    try:
        return h264.first_access_unit(_payload(data, found, 1))
    except (ValueError, IndexError) as broken:
        raise SegmentError(f"the sequence parameter set is broken: {broken}") from broken


def _track(data: bytes, found: _Pid, kind: int) -> TrackFacts:
    stamps = _unwrap([_pts(data, found.positions[start]) for start in found.starts])
    timing = _sound(data, found, stamps) if kind == _ADTS else _pictures(stamps)
    return TrackFacts(
        pid=found.pid,
        first_cc=found.first_cc & 15,
        last_cc=found.last_cc & 15,
        cc_errors=found.errors,
        marked_discontinuity=found.is_marked,
        stream_type=kind,
        **timing,
    )


class _Timing(TypedDict):
    """The part of `TrackFacts` that is found otherwise for pictures than for sound."""

    first_pts: int
    last_pts: int
    end_pts: int | None
    frame_count: int
    unevenness: int


def _pictures(stamps: Sequence[int]) -> _Timing:
    shown = sorted(stamps)
    first, last, steps = shown[0], shown[-1], len(shown) - 1
    gaps = [after - before for before, after in pairwise(shown)]
    # Whole numbers only: |stamp - (first + number * (last - first) / steps)| * steps
    away = max(abs((stamp - first) * steps - number * (last - first)) for number, stamp in enumerate(shown))
    return _Timing(
        first_pts=first,
        last_pts=last,
        end_pts=last + median_low(gaps) if gaps else None,
        frame_count=len(shown),
        unevenness=away // max(1, steps),
    )


def _sound(data: bytes, found: _Pid, stamps: Sequence[int]) -> _Timing:
    units = [_payload(data, found, 1, number) for number in range(len(stamps))]
    coding = adts.header(units[0])
    if coding is None:
        raise SegmentError("the sound does not begin with an ADTS frame")
    counts = [sum(1 for _ in adts.frames(unit)) for unit in units]
    frame = Fraction(adts.SAMPLES_PER_FRAME * CLOCK, coding.rate)
    ends = [stamp + round(frame * count) for stamp, count in zip(stamps, counts, strict=True)]
    return _Timing(
        first_pts=stamps[0],
        last_pts=stamps[-1] + round(frame * (counts[-1] - 1)),
        end_pts=ends[-1],
        frame_count=sum(counts),
        unevenness=max((abs(after - end) for after, end in zip(stamps[1:], ends, strict=False)), default=0),
    )


def _unwrap(stamps: Sequence[int]) -> list[int]:
    """Return timestamps that go on across 2^33, each taken as near to the first as possible."""
    return [stamps[0] + distance(stamp, stamps[0]) for stamp in stamps]


def _ahead(pictures: _Pid, sounds: _Pid) -> int:
    return sum(pictures.positions[start] < sounds.positions[0] for start in pictures.starts)


def _pts(data: bytes, number: int) -> int:
    at = number * PACKET
    at += 4 + (1 + data[at + 4] if data[at + 3] & 0x20 else 0)
    if data[at : at + 3] != b"\x00\x00\x01" or not data[at + 7] & 0x80:
        raise SegmentError("a PES packet has no timestamp")
    high, *rest = data[at + 9 : at + 14]
    return (high >> 1 & 7) << 30 | rest[0] << 22 | rest[1] >> 1 << 15 | rest[2] << 7 | rest[3] >> 1


def _first_section(data: bytes, found: _Pid) -> bytes:
    """Return the first section of a table, from table_id on, without its checksum."""
    if not found.starts:
        raise SegmentError("a program table has no beginning")
    at = found.positions[found.starts[0]] * PACKET
    end = at + PACKET
    at += 4 + (1 + data[at + 4] if data[at + 3] & 0x20 else 0)
    at += 1 + data[at]  # pointer_field
    size = (data[at + 1] & 0x0F) << 8 | data[at + 2]
    if at + 3 + size > end:
        raise SegmentError("a program table is longer than one packet")
    return data[at : at + 3 + size - 4]


def _program_map_pid(section: bytes) -> int:
    for at in range(8, len(section) - 3, 4):
        if section[at : at + 2] != b"\x00\x00":  # program 0 names the network
            return (section[at + 2] & 0x1F) << 8 | section[at + 3]
    raise SegmentError("the program association table names no program")


def _streams(section: bytes) -> Iterable[tuple[int, int]]:
    """Return the PID and stream type of each elementary stream, in order."""
    streams = []
    at = 12 + ((section[10] & 0x0F) << 8 | section[11])
    while at + 5 <= len(section):
        streams.append(((section[at + 1] & 0x1F) << 8 | section[at + 2], section[at]))
        at += 5 + ((section[at + 3] & 0x0F) << 8 | section[at + 4])
    return streams

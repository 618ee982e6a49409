"""FFmpeg commands as values: lists of arguments, built of small steps.

Timestamps are kept as they are in the file (`-copyts`) and moved by whole ticks, so that the first shown
frame is at 0 inside the filters and at exactly 10 s in the segments. Only FFmpeg's own clock, which begins at
0, makes up for a file whose clock is set anew on its way; such a file is always read from its beginning, as
no time in it is the only one of its kind. A command makes one span of segments
and numbers its frames and packets of sound as a command from the beginning would: spans join without a
seam.

A command runs in the folder of its attempt and names what it writes relative to that: FFmpeg would fill in
numbers and names wherever a `%` is in the path of a data folder.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor
from pathlib import Path

from insta_stream.media import sound
from insta_stream.media.ladder import AUDIO_RATE, Rung
from insta_stream.media.model import Inspection, Plan
from insta_stream.media.picture import (
    deinterlaced,
    fitted,
    is_hdr,
    of_one_shape,
    of_one_size,
    tone_mapped,
    upright,
)
from insta_stream.ticks import (
    TICKS_PER_90KHZ,
    TICKS_PER_SECOND,
    Ticks,
    to_fraction,
)

FIRST_PTS = 900_000
"""Where the picture of every package begins, in 1/90,000 s: late enough that no timestamp is negative."""

LEAD_IN = 8
"""Packets encoded and dropped before a span, so that the encoder has heard what came before."""

LEAD_OUT = 2
"""Packets encoded and dropped after a span that is not the last: each packet is coded with a view of those
that follow, and would fade into silence without (623 samples of it, measured)."""

SEEK_MARGIN = Ticks(5 * TICKS_PER_SECOND)
"""How far before a span the source is opened: for key frames before it, and sound that is stored later."""

END_TOLERANCE = Ticks(TICKS_PER_SECOND)
"""How much shorter than inspected a source may turn out: its last frame is held for so long."""

PIPE = "sound.nut"
"""Name of the pipe, in the folder of an attempt, through which the sound of a careful span comes."""

MAX_TIMED_SEGMENTS = 1500
"""Key frames that fit into one argument as times (Linux allows 128 KiB)."""


@dataclass(frozen=True, slots=True)
class Output:
    """One rendition of a span. packet: number of the first packet of sound that is kept."""

    rung: Rung
    packet: int = 0


@dataclass(frozen=True, slots=True)
class Span:
    """Segments first..stop-1 of a package.

    is_careful: key frames are asked for by time instead of by frame number, and the sound comes through
    `feed`; it takes more work, and is for what the usual way fails with.
    """

    first: int
    stop: int
    is_careful: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """A file as it was inspected; the path is absolute."""

    path: Path
    inspection: Inspection


def encode(
    program: Path,
    source: Source,
    plan: Plan,
    span: Span,
    outputs: Sequence[Output],
    *,
    threads: int = 0,
    can_tone_map: bool = True,
) -> list[str]:
    """Return the command that encodes a span in all `outputs` to {rung}/{n}.ts, decoding once.

    A careful one takes its sound from `feed`, through the pipe PIPE.
    """
    audio = source.inspection.audio
    lead = _lead(outputs)
    end = sound.packets(plan, span.stop)
    lead_out = LEAD_OUT if span.stop < plan.table.count else 0
    numbers = range(lead, end + lead_out)
    graphs = [
        *_pictures(source.inspection, plan, span, [output.rung for output in outputs], can_tone_map),
        sound.graph(source.inspection, numbers, is_careful=span.is_careful, copies=len(outputs)),
    ]
    return [
        *_opening(program, source, plan, span, threads),
        *_fed(source.inspection, span),
        *(argument for graph in graphs for argument in ("-filter_complex", graph)),
        *(
            argument
            for number, output in enumerate(outputs)
            for argument in (
                *("-map", f"[v{number}]", "-map", f"[a{number}]"),
                *_picture_coding(plan, span, output.rung, threads),
                *sound.coding(),
                *sound.kept(output.packet - lead, end - lead if lead_out else None),
                *_segments(span, Fraction(1, 1000), Fraction(FIRST_PTS, 90_000), output.rung),
            )
        ),
        *(_clocked_by(source.inspection, audio.index) if audio and span.is_careful else ()),
    ]


def feed(program: Path, source: Source, plan: Plan, span: Span, outputs: Sequence[Output]) -> list[str]:
    """Return the command that decodes the sound of a careful span into PIPE; [] of any other.

    FFmpeg builds a filter graph anew when the sound that comes into it has another rate, other channels or
    another sample format, and a new graph knows nothing of what was heard before. Here it need not know:
    every sample keeps its time, and what counts and fills is in the graph of the other program, whose input
    never changes.
    """
    audio = source.inspection.audio
    if audio is None or not span.is_careful:
        return []
    heard = sound.heard(source.inspection, audio, _lead(outputs), is_from_the_beginning=span.first == 0)
    return [
        *_opening(program, source, plan, span, threads=1),
        # A second track that begins at 0, always: where the first of all tracks does, FFmpeg's clock does.
        *("-f", "lavfi", "-i", f"anullsrc=r={AUDIO_RATE}:cl=stereo:d=0.1"),
        *("-filter_complex", f"{heard}[heard]"),
        *("-map", "[heard]", "-map", "1:0", "-c:a", "pcm_f32le", "-f", "nut", PIPE),
        *_clocked_by(source.inspection, source.inspection.video.index),
    ]


def _lead(outputs: Sequence[Output]) -> int:
    """Return the number of the first packet of sound to encode."""
    return max(0, min(output.packet for output in outputs) - LEAD_IN)


def _fed(inspection: Inspection, span: Span) -> list[str]:
    if not (span.is_careful and inspection.audio):
        return []
    return ["-protocol_whitelist", "file", "-f", "nut", "-i", PIPE]


def _clocked_by(inspection: Inspection, track: int) -> list[str]:
    """Return an output for nobody, so that a track is read that shares the clock of another."""
    if inspection.clock_zero is None:
        return []
    return ["-map", f"0:{track}", "-c", "copy", "-f", "null", "-"]


def copy(
    program: Path,
    source: Source,
    plan: Plan,
    span: Span,
    rung: Rung,
    *,
    copies_audio: bool,
) -> list[str]:
    """Return the command that cuts the source's own picture into {rung}/{n}.ts.

    span: the whole of it; a careful one where sound is encoded.
    """
    inspection = source.inspection
    begin = inspection.video.starts_at
    # The shift is exact in 1/90,000 s after the picture's own timestamps were rounded to that clock.
    shift = Fraction(FIRST_PTS - round(Fraction(begin, TICKS_PER_90KHZ)), 90_000)
    if copies_audio and inspection.audio:
        heard = ["-map", f"0:{inspection.audio.index}", *sound.copied(inspection.audio, begin, plan)]
        graph = []
    else:
        numbers = range(ceil(to_fraction(plan.table.length) * AUDIO_RATE / sound.AAC_SAMPLES))
        filters = sound.graph(inspection, numbers, is_careful=span.is_careful, shift=begin)
        graph = [*_fed(inspection, span), "-filter_complex", filters]
        heard = ["-map", "[a0]", *sound.coding()]
    return [
        *_opening(program, source, plan, span, 0),
        *graph,
        *("-map", f"0:{inspection.video.index}", "-c:v", "copy"),
        *heard,
        *_segments(span, to_fraction(plan.copy_hls_time), shift, rung),
    ]


def is_even(plan: Plan, first: int, stop: int) -> bool:
    """Whether the number of frames changes at most once from each of these segments to the next."""
    return bool(_by_number(plan.borders[first : stop + 1]))


def held_frames(inspection: Inspection, plan: Plan) -> int:
    """Return for how many frames the last frame may be held: as planned, and for END_TOLERANCE."""
    planned = max(0, plan.borders[-1] - inspection.frame_count)
    return planned + floor(to_fraction(END_TOLERANCE) * plan.frame_rate)


def _opening(program: Path, source: Source, plan: Plan, span: Span, threads: int) -> list[str]:
    begin = floor(plan.borders[span.first] / plan.frame_rate * TICKS_PER_SECOND) - SEEK_MARGIN
    seek = source.inspection.video.starts_at + begin
    keeps_times = source.inspection.clock_zero is None
    return [
        str(program),
        *("-nostdin", "-hide_banner", "-loglevel", "warning", "-y"),
        *("-progress", "pipe:1", "-stats_period", "0.2"),
        *(("-copyts",) if keeps_times else ()),
        *("-noautorotate", "-threads", str(threads)),
        # A graph that FFmpeg builds anew begins to count anew; see `_pictures`.
        *("-reinit_filter:v", "0"),
        *(
            ("-noaccurate_seek", "-seek_timestamp", "1", "-ss", f"{seek / TICKS_PER_SECOND:.6f}")
            if keeps_times and begin > 0
            else ()
        ),
        *("-protocol_whitelist", "file", "-f", source.inspection.format.split(",")[0]),
        *("-i", str(source.path)),
    ]


# Pictures


def _pictures(
    inspection: Inspection, plan: Plan, span: Span, rungs: Sequence[Rung], can_tone_map: bool
) -> Iterable[str]:
    """Yield the filter graphs from the decoded picture to each rung, [v0] and so on.

    FFmpeg gives each graph a thread of its own. So every rung has one, and repeats what all need, unless that
    is dear: then one graph does it once and splits.

    The size, the pixels' shape and their format may change on the way, and the graph stays the same: of its
    filters only `scale` looks at pictures that are not yet as the graph expects them.
    """
    video = inspection.video
    is_mapped = can_tone_map and is_hdr(video)
    is_turned = video.rotation or video.is_mirrored
    is_dear = bool(video.is_interlaced or is_turned or video.crop or is_mapped)
    common = [
        *of_one_shape(video),
        *((of_one_size(video),) if is_dear or video.is_marked else ()),
        *deinterlaced(video),
        f"settb=1/{TICKS_PER_SECOND}",
        f"setpts=PTS-({inspection.picture_begins})",
        f"fps={plan.frame_rate}:start_time={_seconds_of_frame(plan, plan.borders[span.first])}",
        f"tpad=stop_mode=clone:stop={held_frames(inspection, plan)}",
        # Not `-frames`: in FFmpeg 5.1 the first track to reach its number ends the others of the file, too.
        f"trim=end_frame={plan.borders[span.stop] - plan.borders[span.first]}",
        *upright(video),
        *(tone_mapped(video) if is_mapped else ()),
    ]
    picture = f"[0:{video.index}]{','.join(common)}"
    fits = [f"{','.join(fitted(video, rung, is_bt709=is_mapped))}[v{n}]" for n, rung in enumerate(rungs)]
    if not is_dear:
        yield from (f"{picture},{fit}" for fit in fits)
        return
    labels = [f"[s{number}]" for number in range(len(rungs))]
    parts = [label + fit for label, fit in zip(labels, fits, strict=True)]
    yield ";".join((f"{picture},split={len(rungs)}{''.join(labels)}", *parts))


def _picture_coding(plan: Plan, span: Span, rung: Rung, threads: int) -> list[str]:
    return [
        *("-fps_mode:v", "passthrough"),
        *("-c:v", "libx264", "-preset", "veryfast", "-threads", str(threads)),
        *("-profile:v", rung.profile, "-level:v", rung.level),
        *("-crf", "22", "-maxrate", str(rung.video_bps), "-bufsize", str(rung.buffer_bits(min(plan.table)))),
        *("-g", "100000", "-keyint_min", "100000", "-sc_threshold", "0", "-forced-idr", "1"),
        *("-force_key_frames:v:0", _key_frames(plan, span)),
        *("-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"),
    ]


def _key_frames(plan: Plan, span: Span) -> str:
    borders = plan.borders[span.first : span.stop]
    if not span.is_careful and (expression := _by_number(plan.borders[span.first : span.stop + 1])):
        return f"expr:{expression}"
    # A quarter of a frame early: a half is a tie when FFmpeg 5.1 rounds it to whole frames.
    times = (_seconds_of_frame(plan, max(Fraction(0), border - Fraction(1, 4))) for border in borders)
    return ",".join(times)


def _by_number(borders: Sequence[int]) -> str:
    """Return an expression for "frame n opens a segment"; "" where lengths change more than once."""
    lengths = [end - begin for begin, end in pairwise(borders)]
    one, other = lengths[0], lengths[-1]
    count = lengths.count(one) if one != other else 0
    if lengths != [one] * count + [other] * (len(lengths) - count):
        return ""
    if not count:
        return f"not(mod(n,{other}))"
    return f"if(lt(n,{count * one}),not(mod(n,{one})),not(mod(n-{count * one},{other})))"


# Segments


def _segments(span: Span, hls_time: Fraction, shift: Fraction, rung: Rung) -> list[str]:
    # Only the first packets of a package say that the counters begin anew; later spans are renumbered.
    options = ("-hls_segment_options", "mpegts_flags=+initial_discontinuity") if span.first == 0 else ()
    return [
        *("-map_metadata", "-1", "-map_chapters", "-1", "-muxdelay", "0", "-muxpreload", "0"),
        # A slide stands for minutes and its sound comes first: a muxer would wait 10 s for the picture only.
        *("-max_interleave_delta", "0"),
        *("-output_ts_offset", f"{float(shift):.6f}"),
        *(
            "-f",
            "hls",
            "-hls_time",
            f"{float(hls_time):.6f}",
            "-hls_list_size",
            "1",
            "-hls_flags",
            "temp_file",
        ),
        *("-hls_segment_type", "mpegts", *options, "-start_number", str(span.first)),
        *("-hls_segment_filename", f"{rung.name}/%d.ts", f"{rung.name}/ffmpeg.m3u8"),
    ]


def _seconds_of_frame(plan: Plan, frame: Fraction | int) -> str:
    return f"{float(frame / plan.frame_rate):.6f}"

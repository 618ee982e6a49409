"""FFmpeg commands as values: lists of arguments, built of small steps.

Timestamps are kept as they are in the file (`-copyts`) and moved by whole ticks, so that the first shown
frame is at 0 inside the filters and at exactly 10 s in the segments. Only FFmpeg's own clock, which begins at
0, makes up for a file whose clock is set anew on its way; such a file is always read from its beginning, as
no time in it is the only one of its kind. A command makes one stretch of segments
and numbers its frames and packets of sound as a command from the beginning would: stretches join without a
seam.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import floor
from pathlib import Path

from insta_stream.media.ladder import AUDIO_BPS, AUDIO_RATE, Rung
from insta_stream.media.model import AudioStream, Inspection, Plan, VideoStream
from insta_stream.ticks import TICKS_PER_90KHZ, TICKS_PER_AUDIO_SAMPLE, TICKS_PER_SECOND, Ticks, to_fraction

FIRST_PTS = 900_000
"""Where the picture of every package begins, in 1/90,000 s: late enough that no timestamp is negative."""

AAC_SAMPLES = 1024
"""Samples in one packet of sound. Packet 0 is the encoder's priming: it comes just before the picture."""

LEAD_IN = 8
"""Packets encoded and dropped before a stretch, so that the encoder has heard what came before."""

LEAD_OUT = 2
"""Packets encoded and dropped after a stretch that is not the last: each packet is coded with a view of those
that follow, and would fade into silence without (623 samples of it, measured)."""

SEEK_MARGIN = Ticks(5 * TICKS_PER_SECOND)
"""How far before a stretch the source is opened: for key frames before it, and sound that is stored later."""

END_TOLERANCE = Ticks(TICKS_PER_SECOND)
"""How much shorter than inspected a source may turn out: its last frame is held for so long."""

MAX_TIMED_SEGMENTS = 1500
"""Key frames that fit into one argument as times (Linux allows 128 KiB)."""


@dataclass(frozen=True, slots=True)
class Output:
    """One rendition of a stretch. packet: number of the first packet of sound that is kept."""

    rung: Rung
    packet: int = 0


@dataclass(frozen=True, slots=True)
class Stretch:
    """Segments first..stop-1 of a package.

    by_time: key frames are asked for by time instead of by frame number (where that has failed).
    """

    first: int
    stop: int
    by_time: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """A file as it was inspected; the path is absolute."""

    path: Path
    inspection: Inspection


def encode(
    program: Path,
    source: Source,
    plan: Plan,
    stretch: Stretch,
    outputs: Sequence[Output],
    *,
    folder: Path,
    threads: int = 0,
    can_tone_map: bool = True,
) -> list[str]:
    """Return the command that encodes a stretch in all `outputs` to folder/{rung}/{n}.ts, decoding once."""
    lead = max(0, min(output.packet for output in outputs) - LEAD_IN)
    end = packets(plan, stretch.stop)
    lead_out = LEAD_OUT if stretch.stop < plan.table.count else 0
    graphs = [
        *_pictures(source.inspection, plan, stretch, [output.rung for output in outputs], can_tone_map),
        _sounds(source.inspection, lead, end + lead_out, len(outputs), Ticks(0)),
    ]
    return [
        *_opening(program, source, plan, stretch, threads),
        *(argument for graph in graphs for argument in ("-filter_complex", graph)),
        *(
            argument
            for number, output in enumerate(outputs)
            for argument in (
                *("-map", f"[v{number}]", "-map", f"[a{number}]"),
                *_picture_coding(plan, stretch, output.rung, threads),
                *_sound_coding(),
                *_kept(output.packet - lead, end - lead if lead_out else None),
                *_segments(
                    stretch, Fraction(1, 1000), Fraction(FIRST_PTS, 90_000), folder / output.rung.name
                ),
            )
        ),
    ]


def copy(
    program: Path, source: Source, plan: Plan, rung: Rung, folder: Path, *, copies_audio: bool
) -> list[str]:
    """Return the command that cuts the source's own picture into folder/{rung}/{n}.ts."""
    inspection = source.inspection
    stretch = Stretch(0, plan.table.count)
    begin = inspection.video.starts_at
    # The shift is exact in 1/90,000 s after the picture's own timestamps were rounded to that clock.
    shift = Fraction(FIRST_PTS - round(Fraction(begin, TICKS_PER_90KHZ)), 90_000)
    if copies_audio and inspection.audio:
        kept = _kept_packets(inspection.audio, begin, plan)
        sound = ["-map", f"0:{inspection.audio.index}", "-c:a", "copy", *_drop(f"gte(n,{kept})")]
        graph = []
    else:
        total = floor(to_fraction(plan.table.length) * AUDIO_RATE / AAC_SAMPLES)
        graph = ["-filter_complex", _sounds(inspection, 0, total, 1, begin)]
        sound = ["-map", "[a0]", *_sound_coding()]
    return [
        *_opening(program, source, plan, stretch, 0),
        *graph,
        *("-map", f"0:{inspection.video.index}", "-c:v", "copy"),
        *sound,
        *_segments(stretch, to_fraction(plan.copy_hls_time), shift, folder / rung.name),
    ]


def packets(plan: Plan, segment: int) -> int:
    """Return how many packets of sound, with the priming, there are before the border that opens `segment`.

    With the priming they are no longer than the picture: at a join the next video's priming does not overlap.
    """
    return floor(plan.borders[segment] / plan.frame_rate * AUDIO_RATE / AAC_SAMPLES)


def is_even(plan: Plan, first: int, stop: int) -> bool:
    """Whether the number of frames changes at most once from each of these segments to the next."""
    return bool(_by_number(plan.borders[first : stop + 1]))


def held_frames(inspection: Inspection, plan: Plan) -> int:
    """Return for how many frames the last frame may be held: as planned, and for END_TOLERANCE."""
    planned = max(0, plan.borders[-1] - inspection.frame_count)
    return planned + floor(to_fraction(END_TOLERANCE) * plan.frame_rate)


def _picture_begins(inspection: Inspection) -> int:
    """Return the time of the first shown frame by the clock that the filters see."""
    return inspection.video.starts_at - (inspection.clock_zero or 0)


def _opening(program: Path, source: Source, plan: Plan, stretch: Stretch, threads: int) -> list[str]:
    begin = floor(plan.borders[stretch.first] / plan.frame_rate * TICKS_PER_SECOND) - SEEK_MARGIN
    seek = source.inspection.video.starts_at + begin
    keeps_times = source.inspection.clock_zero is None
    return [
        str(program),
        *("-nostdin", "-hide_banner", "-loglevel", "warning", "-y"),
        *("-progress", "pipe:1", "-stats_period", "0.2"),
        *(("-copyts",) if keeps_times else ()),
        *("-noautorotate", "-threads", str(threads)),
        *(
            ("-noaccurate_seek", "-seek_timestamp", "1", "-ss", _seconds(seek))
            if keeps_times and begin > 0
            else ()
        ),
        *("-protocol_whitelist", "file", "-f", source.inspection.format.split(",")[0]),
        *("-i", str(source.path)),
    ]


# Pictures


def _pictures(
    inspection: Inspection, plan: Plan, stretch: Stretch, rungs: Sequence[Rung], can_tone_map: bool
) -> Iterable[str]:
    """Yield the filter graphs from the decoded picture to each rung, [v0] and so on.

    FFmpeg gives each graph a thread of its own. So every rung has one, and repeats what all need, unless that
    is dear: then one graph does it once and splits.
    """
    video = inspection.video
    is_mapped = can_tone_map and is_hdr(video)
    common = [
        *(("bwdif=mode=send_frame:deint=all",) if video.is_interlaced else ()),
        f"settb=1/{TICKS_PER_SECOND}",
        f"setpts=PTS-({_picture_begins(inspection)})",
        f"fps={plan.frame_rate}:start_time={_seconds_of_frame(plan, plan.borders[stretch.first])}",
        f"tpad=stop_mode=clone:stop={held_frames(inspection, plan)}",
        # Not `-frames`: in FFmpeg 5.1 the first track to reach its number ends the others of the file, too.
        f"trim=end_frame={plan.borders[stretch.stop] - plan.borders[stretch.first]}",
        *_upright(video),
        *(_tone_map(video) if is_mapped else ()),
    ]
    picture = f"[0:{video.index}]{','.join(common)}"
    fits = [f"{','.join(_fit(video, rung, is_bt709=is_mapped))}[v{n}]" for n, rung in enumerate(rungs)]
    if not (video.is_interlaced or video.rotation or is_mapped):
        yield from (f"{picture},{fit}" for fit in fits)
        return
    labels = [f"[s{number}]" for number in range(len(rungs))]
    parts = [label + fit for label, fit in zip(labels, fits, strict=True)]
    yield ";".join((f"{picture},split={len(rungs)}{''.join(labels)}", *parts))


def _upright(video: VideoStream) -> tuple[str, ...]:
    # The file's matrix must not reach the encoder too: players would turn the picture again.
    forget = "sidedata=mode=delete:type=DISPLAYMATRIX"
    turns = {0: (), 90: ("transpose=clock",), 180: ("hflip", "vflip"), 270: ("transpose=cclock",)}
    return (*turns[video.rotation], forget)


def is_hdr(video: VideoStream) -> bool:
    """Whether the picture's transfer is HLG or PQ."""
    return video.transfer in {"arib-std-b67", "smpte2084"}


def _tone_map(video: VideoStream) -> tuple[str, ...]:
    return (
        f"setparams=color_primaries=bt2020:color_trc={video.transfer}:colorspace=bt2020nc",
        "zscale=transfer=linear:npl=100",
        "format=gbrpf32le",
        "zscale=primaries=bt709",
        "tonemap=hable:desat=0",
        "zscale=transfer=bt709:matrix=bt709:range=limited",
        "format=yuv420p",
    )


def _fit(video: VideoStream, rung: Rung, *, is_bt709: bool) -> tuple[str, ...]:
    width, height = fitted(video, rung)
    matrix, value_range = ("bt709", "limited") if is_bt709 else (_matrix(video), _range(video))
    return (
        (
            f"scale={width}:{height}:flags=bicubic:in_color_matrix={matrix}:out_color_matrix=bt709"
            f":in_range={value_range}:out_range=limited"
        ),
        "format=yuv420p",
        f"pad={rung.width}:{rung.height}:(ow-iw)/2:(oh-ih)/2",
        "setsar=1",
        "setparams=range=limited:color_primaries=bt709:color_trc=bt709:colorspace=bt709:field_mode=prog",
    )


def fitted(video: VideoStream, rung: Rung) -> tuple[int, int]:
    """Return the even size at which the upright picture, in square pixels, fits the rung's canvas."""
    shape = Fraction(video.width, video.height) * video.sample_aspect
    if video.rotation in {90, 270}:
        shape = 1 / shape
    canvas = Fraction(rung.width, rung.height)
    width, height = (
        (rung.width, rung.width / shape) if shape >= canvas else (rung.height * shape, rung.height)
    )
    return min(rung.width, _even(width)), min(rung.height, _even(height))


def _even(length: Fraction | int) -> int:
    return max(2, 2 * round(length / 2))


def _matrix(video: VideoStream) -> str:
    """Return the colour matrix; an untagged one is guessed from the size, as players do."""
    if video.color_space.startswith("bt2020"):
        return "bt2020"
    if video.color_space in {"bt709", "fcc", "smpte240m"}:
        return video.color_space
    if video.color_space in {"bt470bg", "smpte170m"}:
        return "bt601"
    return "bt709" if video.height >= 720 else "bt601"  # noqa: PLR2004 - where high definition begins


def _range(video: VideoStream) -> str:
    is_full = video.color_range in {"pc", "jpeg", "full"} or video.pixel_format.startswith("yuvj")
    return "full" if is_full else "limited"


def _picture_coding(plan: Plan, stretch: Stretch, rung: Rung, threads: int) -> list[str]:
    return [
        *("-fps_mode:v", "passthrough"),
        *("-c:v", "libx264", "-preset", "veryfast", "-threads", str(threads)),
        *("-profile:v", rung.profile, "-level:v", rung.level),
        *("-crf", "22", "-maxrate", str(rung.video_bps), "-bufsize", str(rung.buffer_bits(min(plan.table)))),
        *("-g", "100000", "-keyint_min", "100000", "-sc_threshold", "0", "-forced-idr", "1"),
        *("-force_key_frames:v:0", _key_frames(plan, stretch)),
        *("-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"),
    ]


def _key_frames(plan: Plan, stretch: Stretch) -> str:
    borders = plan.borders[stretch.first : stretch.stop]
    if not stretch.by_time and (expression := _by_number(plan.borders[stretch.first : stretch.stop + 1])):
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


# Sounds


def _sounds(inspection: Inspection, lead: int, end: int, copies: int, shift: Ticks) -> str:
    """Return the filter graph for packets lead..end-1; packet 1 is `shift` after the picture begins."""
    first_sample = lead * AAC_SAMPLES
    samples = max(1, end - lead - 1) * AAC_SAMPLES
    moved = first_sample + round(Fraction(shift, TICKS_PER_AUDIO_SAMPLE))
    kept = f"atrim=end_sample={samples},asetpts=N+{moved},asplit={copies}"
    labels = "".join(f"[a{number}]" for number in range(copies))
    if inspection.audio is None:
        return f"anullsrc=r={AUDIO_RATE}:cl=stereo,aformat=sample_fmts=fltp,{kept}{labels}"
    begin = _picture_begins(inspection) + first_sample * TICKS_PER_AUDIO_SAMPLE
    return f"[0:{inspection.audio.index}]{','.join(_heard(inspection.audio, begin))},apad,{kept}{labels}"


def _heard(audio: AudioStream, begin: int) -> tuple[str, ...]:
    """Return the filters for stereo at 48 kHz with its first sample at `begin` of the file, holes filled."""
    return (
        *(("pan=mono|c0=c0",) if audio.is_ambisonic else ()),  # FFmpeg mixes no sound field down
        f"asettb=1/{TICKS_PER_SECOND}",
        f"asetpts=PTS-({begin})",
        f"aresample={AUDIO_RATE}:async=1:first_pts=0",
        "aformat=sample_fmts=fltp:channel_layouts=stereo",
    )


def _sound_coding() -> list[str]:
    return [
        "-c:a",
        "aac",
        "-profile:a",
        "aac_low",
        "-b:a",
        str(AUDIO_BPS),
        "-ar",
        str(AUDIO_RATE),
        "-ac",
        "2",
    ]


def _kept(first: int, stop: int | None) -> tuple[str, ...]:
    """Return the option that keeps packets first..stop-1 of what is encoded; stop None for all the rest."""
    outside = [f"lt(n,{first})"] if first else []
    if stop is not None:
        outside.append(f"gte(n,{stop})")
    return _drop("+".join(outside)) if outside else ()


def _drop(condition: str) -> tuple[str, str]:
    """Return the option that drops packets of sound by number (`tb`, for times, is wrong in FFmpeg 5.1)."""
    escaped = condition.replace(",", "\\,")
    return "-bsf:a", f"noise=amount=0:drop={escaped}"


def _kept_packets(audio: AudioStream, begin: Ticks, plan: Plan) -> int:
    """Return how many packets of copied sound fit into the picture's length and end before it does."""
    late = max(0, audio.starts_at - begin)
    return (plan.table.length - late) // (AAC_SAMPLES * TICKS_PER_AUDIO_SAMPLE)


# Segments


def _segments(stretch: Stretch, hls_time: Fraction, shift: Fraction, folder: Path) -> list[str]:
    # Only the first packets of a package say that the counters begin anew; later stretches are renumbered.
    options = ("-hls_segment_options", "mpegts_flags=+initial_discontinuity") if stretch.first == 0 else ()
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
        *("-hls_segment_type", "mpegts", *options, "-start_number", str(stretch.first)),
        *("-hls_segment_filename", f"{folder}/%d.ts", f"{folder}/ffmpeg.m3u8"),
    ]


def _seconds_of_frame(plan: Plan, frame: Fraction | int) -> str:
    return f"{float(frame / plan.frame_rate):.6f}"


def _seconds(value: int) -> str:
    return f"{value / TICKS_PER_SECOND:.6f}"

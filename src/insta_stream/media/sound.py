"""The sound of a package, as FFmpeg filters and options: when it begins, how it is coded, what is kept of it.

Packets of sound are numbered from the beginning of the package, wherever a command begins: spans join
without a seam. Pure.
"""

from fractions import Fraction
from math import ceil, floor

from insta_stream.media.ladder import AUDIO_BPS, AUDIO_RATE
from insta_stream.media.mixing import limited, mixed
from insta_stream.media.model import NO_TIME, AudioStream, Inspection, Plan
from insta_stream.ticks import TICKS_PER_AUDIO_SAMPLE, TICKS_PER_SECOND, Ticks

AAC_SAMPLES = 1024
"""Samples in one packet of sound. Packet 0 is the encoder's priming: it comes just before the picture."""

LEAST_HOLE = Ticks(AAC_SAMPLES * TICKS_PER_AUDIO_SAMPLE)
GREATEST_HOLE = Ticks(TICKS_PER_SECOND // 10)
"""By how much sound may be away from where its timestamps say before it is put there: by a packet, or more
where they jitter, as it would be torn with each of them; never by more than this."""

_MPEG_SOUND = {"mp1", "mp2", "mp3"}


def packets(plan: Plan, segment: int) -> int:
    """Return how many packets of sound, with the priming, there are before the border that opens `segment`.

    At the end the last one that begins before the picture ends is among them: without the priming they are no
    longer than the picture, and at a join the next video's priming overlaps by less than a packet. A hole
    there, however small, is stepped over by some players, each time.
    """
    before = plan.borders[segment] / plan.frame_rate * AUDIO_RATE / AAC_SAMPLES
    return ceil(before) if segment == plan.table.count else floor(before)


def graph(
    inspection: Inspection, numbers: range, *, is_careful: bool, copies: int = 1, shift: Ticks = NO_TIME
) -> str:
    """Return the filter graph for packets `numbers`; packet 1 is `shift` after the picture begins.

    is_careful: what comes in is what another program has `heard`.
    """
    first_sample = numbers.start * AAC_SAMPLES
    samples = max(1, len(numbers) - 1) * AAC_SAMPLES
    moved = first_sample + round(Fraction(shift, TICKS_PER_AUDIO_SAMPLE))
    kept = f"atrim=end_sample={samples},asetpts=N+{moved},asplit={copies}"
    labels = "".join(f"[a{number}]" for number in range(copies))
    if inspection.audio is None:
        return f"anullsrc=r={AUDIO_RATE}:cl=stereo,aformat=sample_fmts=fltp,{kept}{labels}"
    if is_careful:
        return f"[1:0]{','.join((*_timed(0), *_placed(inspection.audio)))},apad,{kept}{labels}"
    begin = inspection.picture_begins + first_sample * TICKS_PER_AUDIO_SAMPLE
    filters = (*mixed(inspection.audio.places), *_timed(begin), *_placed(inspection.audio))
    return f"[0:{inspection.audio.index}]{','.join(filters)},apad,{kept}{labels}"


def heard(inspection: Inspection, audio: AudioStream, packet: int, *, is_from_the_beginning: bool) -> str:
    """Return the filters that decode sound for a `graph` in another program, from a packet on."""
    begin = inspection.picture_begins + packet * AAC_SAMPLES * TICKS_PER_AUDIO_SAMPLE
    filters = (
        *_believed(audio, inspection.clock_zero or 0, is_from_the_beginning=is_from_the_beginning),
        *mixed(audio.places),
        *_timed(begin),
        f"aresample={AUDIO_RATE}",
        "aformat=sample_fmts=flt:channel_layouts=stereo",
        "atrim=start_pts=0",
    )
    return f"[0:{audio.index}]{','.join(filters)}"


def _believed(audio: AudioStream, zero: int, *, is_from_the_beginning: bool) -> tuple[str, ...]:
    """Return the filter that leaves out frames of MPEG sound whose time may be wrong.

    Where the sampling rate changes, FFmpeg 5.1 tells the time of one frame by the wrong rate, minutes away:
    of the last in a graph that is then built anew, and of the very first where it takes a rate that comes
    later for the file's. A frame behind a long hole is lost to that, too. zero: where the clock begins.
    """
    if audio.codec not in _MPEG_SOUND:
        return ()
    # The time of the very first, put right again; that of another span is not known, and nobody hears it.
    beginning = f"lt(abs(t*sample_rate/{audio.sample_rate}-{_seconds(audio.starts_at - zero)}),0.1)"
    first = f"not({beginning})+eq(sample_rate,{audio.sample_rate})" if is_from_the_beginning else "0"
    follows = f"between(t-prev_t,0,{_seconds(GREATEST_HOLE)})"
    return (f"aselect='if(isnan(prev_t),{first},{follows})'",)


def _timed(begin: int) -> tuple[str, str]:
    """Return the filters that let time begin at `begin`."""
    return f"asettb=1/{TICKS_PER_SECOND}", f"asetpts=PTS-({begin})"


def _placed(audio: AudioStream) -> tuple[str, ...]:
    """Return the filters for stereo at 48 kHz from 0 on, each sample where its time says, holes filled."""
    # What was found of the jitter is less than its worst.
    hole = min(max(LEAST_HOLE, audio.jitter * 3 // 2), GREATEST_HOLE)
    return (
        f"aresample={AUDIO_RATE}:async=1:min_hard_comp={_seconds(hole)}:first_pts=0",
        *limited(audio.places),
        "aformat=sample_fmts=fltp:channel_layouts=stereo",
    )


def coding() -> list[str]:
    """Return the options that encode sound."""
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


def kept(first: int, stop: int | None) -> tuple[str, ...]:
    """Return the option that keeps packets first..stop-1 of what is encoded; stop None for all the rest."""
    outside = [f"lt(n,{first})"] if first else []
    if stop is not None:
        outside.append(f"gte(n,{stop})")
    return _drop("+".join(outside)) if outside else ()


def _drop(condition: str) -> tuple[str, str]:
    """Return the option that drops packets of sound by number (`tb`, for times, is wrong in FFmpeg 5.1)."""
    escaped = condition.replace(",", "\\,")
    return "-bsf:a", f"noise=amount=0:drop={escaped}"


def copied(audio: AudioStream, begin: Ticks, plan: Plan) -> list[str]:
    """Return the options that copy the packets of sound which begin before the picture ends."""
    late = max(0, audio.starts_at - begin)
    count = ceil(Fraction(plan.table.length - late, AAC_SAMPLES * TICKS_PER_AUDIO_SAMPLE))
    return ["-c:a", "copy", *_drop(f"gte(n,{count})")]


def _seconds(value: int) -> str:
    return f"{value / TICKS_PER_SECOND:.6f}"

"""Commands as values: what FFmpeg is told, step by step."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from tests.support.streams import PICTURE

from insta_stream.media import command, sound
from insta_stream.media.command import Output, Source, Span
from insta_stream.media.ladder import RUNGS
from insta_stream.media.model import AudioStream, Inspection, Plan, RenditionPlan
from insta_stream.ticks import Ticks, seconds
from insta_stream.timeline.table import SegmentTable

VIDEO = replace(PICTURE, width=1920, height=1080, level=40)
AUDIO = AudioStream(1, "aac", "LC", 44_100, 2, Ticks(0), seconds(9))
INSPECTION = Inspection("mov,mp4,m4a", 1000, seconds(9), 225, VIDEO, AUDIO, (), "", 0, ())
SOURCE = Source(Path("/uploads/film"), INSPECTION)
FFMPEG = Path("/usr/bin/ffmpeg")


def plan_with(borders: tuple[int, ...], rate: Fraction = Fraction(25)) -> Plan:
    durations = [Ticks(round((after - before) / rate * 720_000)) for before, after in pairwise(borders)]
    renditions = tuple(RenditionPlan(name, "encode", copies_audio=False) for name in ("720p", "240p"))
    return Plan(SegmentTable.of(durations), rate, borders, renditions, "", ())


PLAN = plan_with((0, 45, 90, 135, 180, 225))


def encoded(
    source: Source = SOURCE,
    plan: Plan = PLAN,
    span: Span | None = None,
    packets: tuple[int, ...] = (0,),
    *,
    can_tone_map: bool = True,
) -> list[str]:
    span = span or Span(0, plan.table.count)
    outputs = [
        Output(rung, packet) for rung, packet in zip((RUNGS["720p"], RUNGS["240p"]), packets, strict=False)
    ]
    return command.encode(FFMPEG, source, plan, span, outputs, threads=2, can_tone_map=can_tone_map)


def value(arguments: list[str], option: str, nth: int = 0) -> str:
    places = [at for at, argument in enumerate(arguments) if argument == option]
    return arguments[places[nth] + 1]


def graphs(arguments: list[str]) -> list[str]:
    return [arguments[at + 1] for at, argument in enumerate(arguments) if argument == "-filter_complex"]


def filters(arguments: list[str]) -> str:
    return ";".join(graphs(arguments))


def changed(**facts: object) -> Source:
    return replace(SOURCE, inspection=replace(INSPECTION, video=replace(VIDEO, **facts)))  # type: ignore[arg-type]


def test_a_whole_command() -> None:
    assert encoded() == [
        *("/usr/bin/ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "warning", "-y"),
        *("-progress", "pipe:1", "-stats_period", "0.2", "-copyts", "-noautorotate", "-threads", "2"),
        *("-reinit_filter:v", "0"),
        *("-protocol_whitelist", "file", "-f", "mov", "-i", "/uploads/film"),
        "-filter_complex",
        (
            "[0:0]settb=1/720000,setpts=PTS-(0),fps=25:start_time=0.000000,tpad=stop_mode=clone:stop=25,"
            "trim=end_frame=225,sidedata=mode=delete:type=DISPLAYMATRIX,"
            "scale=w=2*max(1\\,round(min(1280\\,720*dar)/2)):h=2*max(1\\,round(min(720\\,1280/dar)/2)):eval=frame"
            ":flags=bicubic:in_color_matrix=bt709:out_color_matrix=bt709:in_range=limited:out_range=limited,"
            "format=yuv420p,pad=1280:720:(ow-iw)/2:(oh-ih)/2:eval=frame,setsar=1,"
            "setparams=range=limited:color_primaries=bt709:color_trc=bt709:colorspace=bt709:field_mode=prog[v0]"
        ),
        "-filter_complex",
        (
            "[0:1]asettb=1/720000,asetpts=PTS-(0),aresample=48000:async=1:min_hard_comp=0.021333:first_pts=0,"
            "aformat=sample_fmts=fltp:channel_layouts=stereo,apad,atrim=end_sample=431104,asetpts=N+0,asplit=1[a0]"
        ),
        *("-map", "[v0]", "-map", "[a0]", "-fps_mode:v", "passthrough"),
        *("-c:v", "libx264", "-preset", "veryfast", "-threads", "2", "-profile:v", "high", "-level:v", "3.2"),
        *("-crf", "22", "-maxrate", "3000000", "-bufsize", "2700000"),
        *("-g", "100000", "-keyint_min", "100000", "-sc_threshold", "0", "-forced-idr", "1"),
        *("-force_key_frames:v:0", "expr:not(mod(n,45))"),
        *("-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"),
        *("-c:a", "aac", "-profile:a", "aac_low", "-b:a", "128000", "-ar", "48000", "-ac", "2"),
        *("-map_metadata", "-1", "-map_chapters", "-1", "-muxdelay", "0", "-muxpreload", "0"),
        *("-max_interleave_delta", "0"),
        *("-output_ts_offset", "10.000000", "-f", "hls", "-hls_time", "0.001000", "-hls_list_size", "1"),
        *("-hls_flags", "temp_file", "-hls_segment_type", "mpegts"),
        *("-hls_segment_options", "mpegts_flags=+initial_discontinuity", "-start_number", "0"),
        *("-hls_segment_filename", "720p/%d.ts", "720p/ffmpeg.m3u8"),
    ]


def test_one_decoding_feeds_all_outputs_and_each_has_its_own_key_frames() -> None:
    arguments = encoded(packets=(0, 0))
    assert arguments.count("-i") == 1
    assert [graph[:5] + graph[-4:] for graph in graphs(arguments)] == ["[0:0][v0]", "[0:0][v1]", "[0:1][a1]"]
    assert arguments.count("-force_key_frames:v:0") == 2
    assert value(arguments, "-hls_segment_filename", 1) == "240p/%d.ts"


@pytest.mark.parametrize(
    "dear", [{"is_interlaced": True}, {"rotation": 90}, {"is_mirrored": True}, {"transfer": "smpte2084"}]
)
def test_what_is_dear_is_done_once_for_all_outputs(dear: dict[str, object]) -> None:
    picture, sound = graphs(encoded(changed(**dear), packets=(0, 0)))
    assert "split=2[s0][s1];[s0]scale" in picture
    assert picture.endswith("[v1]")
    assert "asplit=2" in sound


def test_frames_that_only_might_be_interlaced_are_not_dear() -> None:
    first, second, _ = graphs(encoded(changed(is_marked=True), packets=(0, 0)))
    assert "bwdif=mode=send_frame:deint=interlaced" in first
    assert "bwdif=mode=send_frame:deint=interlaced" in second


def test_a_crop_is_made_once_also_where_ffmpeg_has_made_it() -> None:
    crop = {"width": 520, "height": 300, "crop": (40, 20, 80, 40), "rotation": 90}
    cropped = filters(encoded(changed(**crop, sample_aspect=Fraction(4, 3))))
    assert "[0:0]scale='if(eq(iw,520),520,640)':'if(eq(ih,300),300,360)':interl=-1,settb" in cropped
    size, place = "'min(iw,520)':'min(ih,300)'", "'min(40,iw-ow)':'min(20,ih-oh)'"
    assert f",crop={size}:{place},setsar=4/3,transpose=clock,sidedata" in cropped


def test_longer_segments_first_take_an_expression_of_two_stretches() -> None:
    arguments = encoded(plan=plan_with((0, 46, 92, 137, 182)))
    assert value(arguments, "-force_key_frames:v:0") == "expr:if(lt(n,92),not(mod(n,46)),not(mod(n-92,45)))"


def test_frames_are_counted_from_the_beginning_of_a_stretch() -> None:
    arguments = encoded(plan=plan_with((0, 46, 92, 137, 182)), span=Span(1, 4))
    assert value(arguments, "-force_key_frames:v:0") == "expr:if(lt(n,46),not(mod(n,46)),not(mod(n-46,45)))"
    assert "trim=end_frame=136" in filters(arguments)


@pytest.mark.parametrize("first", [0, 1])
def test_uneven_borders_are_given_as_times_a_quarter_of_a_frame_early(first: int) -> None:
    arguments = encoded(plan=plan_with((0, 50, 70, 120, 130)), span=Span(first, 4))
    times = ["0.000000", "1.990000", "2.790000", "4.790000"][first:]
    assert value(arguments, "-force_key_frames:v:0") == ",".join(times)


def test_the_other_way_to_ask_for_key_frames() -> None:
    arguments = encoded(span=Span(3, 5, is_careful=True))
    assert value(arguments, "-force_key_frames:v:0") == "5.390000,7.190000"


def test_the_sound_of_a_careful_stretch_comes_through_a_pipe_from_where_it_begins() -> None:
    plan = plan_with(tuple(range(0, 901, 45)))
    span, outputs = Span(10, 20, is_careful=True), [Output(RUNGS["720p"], 842)]
    arguments = command.encode(FFMPEG, SOURCE, plan, span, outputs)
    feeder = command.feed(FFMPEG, SOURCE, plan, span, outputs)
    first = (842 - 8) * 1024  # the lead-in's first sample
    assert value(arguments, "-i", 1) == feeder[-1] == "sound.nut"
    assert "[1:0]asettb=1/720000,asetpts=PTS-(0),aresample" in graphs(arguments)[1]
    assert f"asetpts=N+{first}" in graphs(arguments)[1]
    assert f"asetpts=PTS-({first * 15})" in filters(feeder)
    assert value(feeder, "-ss") == value(arguments, "-ss") == "13.000000"


@pytest.mark.parametrize("is_careful", [False, True])
def test_nothing_feeds_what_is_silent_or_needs_no_care(*, is_careful: bool) -> None:
    source = replace(SOURCE, inspection=replace(INSPECTION, audio=None if is_careful else AUDIO))
    span = Span(0, PLAN.table.count, is_careful)
    outputs = [Output(RUNGS["720p"])]
    assert command.feed(FFMPEG, source, PLAN, span, outputs) == []
    assert command.encode(FFMPEG, source, PLAN, span, outputs).count("-i") == 1


def test_a_clock_that_is_set_anew_is_read_of_both_tracks_by_both_programs() -> None:
    source = replace(SOURCE, inspection=replace(INSPECTION, clock_zero=Ticks(0)))
    span, outputs = Span(0, PLAN.table.count, is_careful=True), [Output(RUNGS["720p"])]
    encoder = command.encode(FFMPEG, source, PLAN, span, outputs)
    feeder = command.feed(FFMPEG, source, PLAN, span, outputs)
    assert encoder[-7:] == ["-map", "0:1", "-c", "copy", "-f", "null", "-"]
    assert feeder[-7:] == ["-map", "0:0", "-c", "copy", "-f", "null", "-"]


@pytest.mark.parametrize(("milliseconds", "seconds"), [(0, 0.021333), (30, 0.045), (150, 0.1)])
def test_sound_is_put_in_its_place_when_it_is_away_by_more_than_its_jitter(
    milliseconds: int, seconds: float
) -> None:
    sound = replace(AUDIO, jitter=Ticks(720 * milliseconds))
    arguments = encoded(replace(SOURCE, inspection=replace(INSPECTION, audio=sound)))
    assert f"min_hard_comp={seconds:.6f}:" in filters(arguments)


def test_going_on_opens_the_source_before_the_stretch_and_drops_the_lead_in() -> None:
    plan = plan_with(tuple(range(0, 901, 45)))
    arguments = encoded(plan=plan, span=Span(10, 20), packets=(842, 840))
    assert value(arguments, "-ss") == "13.000000"
    assert "fps=25:start_time=18.000000" in filters(arguments)
    # Packet 832 is the lead-in's first: its first sample is where it begins in the file, and where it is put.
    assert f"asetpts=PTS-({832 * 1024 * 15})" in filters(arguments)
    assert f"asetpts=N+{832 * 1024}" in filters(arguments)
    assert value(arguments, "-bsf:a", 0) == "noise=amount=0:drop=lt(n\\,10)"
    assert value(arguments, "-bsf:a", 1) == "noise=amount=0:drop=lt(n\\,8)"
    assert value(arguments, "-start_number") == "10"
    assert "-hls_segment_options" not in arguments


def test_a_stretch_that_others_follow_has_a_lead_out_that_is_dropped() -> None:
    plan = plan_with(tuple(range(0, 901, 45)))
    arguments = encoded(plan=plan, span=Span(10, 15), packets=(842, 840))
    end = 27 * 48_000 // 1024  # packets before the border at 27 s, the priming included
    assert f"atrim=end_sample={(end + 2 - 832 - 1) * 1024}" in filters(arguments)
    assert value(arguments, "-bsf:a", 0) == f"noise=amount=0:drop=lt(n\\,10)+gte(n\\,{end - 832})"
    assert value(arguments, "-bsf:a", 1) == f"noise=amount=0:drop=lt(n\\,8)+gte(n\\,{end - 832})"


def test_a_source_that_does_not_begin_at_zero() -> None:
    arguments = encoded(changed(starts_at=Ticks(-5040)))
    assert "setpts=PTS-(-5040)" in filters(arguments)
    assert "asetpts=PTS-(-5040)" in filters(arguments)


def test_silence_where_there_is_no_sound() -> None:
    arguments = encoded(replace(SOURCE, inspection=replace(INSPECTION, audio=None)))
    assert "anullsrc=r=48000:cl=stereo,aformat=sample_fmts=fltp,atrim=end_sample=431104" in filters(arguments)


def test_interlaced_turned_and_full_range_pictures() -> None:
    interlaced = filters(encoded(changed(is_interlaced=True)))
    assert "[0:0]scale=1920:1080:interl=-1,bwdif=mode=send_frame:deint=all,settb" in interlaced
    marked = filters(encoded(changed(is_interlaced=True, is_marked=True)))
    assert "interl=-1,bwdif=mode=send_frame:deint=interlaced,settb" in marked
    assert "bwdif" not in filters(encoded())
    assert "transpose=cclock,sidedata" in filters(encoded(changed(rotation=270)))
    assert ",hflip,transpose=clock,sidedata" in filters(encoded(changed(rotation=90, is_mirrored=True)))
    assert "in_range=full:out_range=limited" in filters(encoded(changed(color_range="pc")))
    assert "in_color_matrix=bt601" in filters(encoded(changed(color_space="smpte170m")))
    assert "in_color_matrix=bt601" in filters(encoded(changed(color_space="unknown", height=480, width=640)))


def test_hdr_is_tone_mapped_where_ffmpeg_can() -> None:
    hdr = changed(transfer="smpte2084", color_space="bt2020nc", color_primaries="bt2020", bits=10)
    assert "tonemap=hable" in filters(encoded(hdr))
    without = filters(encoded(hdr, can_tone_map=False))
    assert "tonemap" not in without
    assert "in_color_matrix=bt2020" in without


def test_a_copy_is_moved_by_whole_ticks_and_ends_its_sound_with_the_picture() -> None:
    source = changed(starts_at=Ticks(60_012))
    plan = replace(PLAN, copy_hls_time=seconds(1))
    span = Span(0, plan.table.count)
    arguments = command.copy(FFMPEG, source, plan, span, RUNGS["720p"], copies_audio=True)
    begin = round(60_012 / 8)
    assert round(float(value(arguments, "-output_ts_offset")) * 90_000) + begin == 900_000
    assert value(arguments, "-hls_time") == "1.000000"
    assert value(arguments, "-c:v") == "copy"
    assert value(arguments, "-c:a") == "copy"
    assert value(arguments, "-bsf:a") == "noise=amount=0:drop=gte(n\\,422)"
    assert "-filter_complex" not in arguments


def test_a_copy_may_encode_its_sound_alone() -> None:
    source = changed(starts_at=Ticks(720_000))
    plan = replace(PLAN, copy_hls_time=seconds(1))
    span = Span(0, plan.table.count, is_careful=True)
    arguments = command.copy(FFMPEG, source, plan, span, RUNGS["720p"], copies_audio=False)
    feeder = command.feed(FFMPEG, source, plan, span, [Output(RUNGS["720p"])])
    assert value(arguments, "-c:a") == "aac"
    # The sound goes through the filters from 0 on and is put back beside the picture.
    assert "asetpts=PTS-(720000)" in filters(feeder)
    assert "asetpts=N+48000" in filters(arguments)


def test_sound_is_as_long_as_the_picture_to_a_packet_and_never_longer() -> None:
    for frames in range(25, 2000, 7):
        plan = plan_with((0, frames, frames + 30), Fraction(30000, 1001))
        packet = Fraction(1024, 48_000)
        inside, whole = sound.packets(plan, 1), sound.packets(plan, 2)
        assert inside * packet <= frames / plan.frame_rate < (inside + 1) * packet
        assert (whole - 1) * packet < (frames + 30) / plan.frame_rate <= whole * packet


def test_only_a_planned_hold_and_a_second_are_held() -> None:
    assert command.held_frames(INSPECTION, PLAN) == 25
    assert command.held_frames(replace(INSPECTION, frame_count=200), PLAN) == 50

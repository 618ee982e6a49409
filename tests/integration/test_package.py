"""Packages made by real FFmpeg builds, read back with our own reader and decoded again."""

import asyncio
import os
import shutil
import signal
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from tests.support.jobs import Diary, a_job, decode, facts_of, frames_of, joined, make, samples_of
from tests.support.paced import paced
from tests.support.processes import command_line, naming
from tests.support.real_files import PACKAGED_ALONE

from insta_stream.media import line
from insta_stream.media.encoding import (
    PackageJob,
    SourceShorter,
    package,
)
from insta_stream.media.ffmpeg import FFmpeg
from insta_stream.media.ladder import LADDER, RUNGS
from insta_stream.media.line import published
from insta_stream.media.poster import make_pictures, strip_of
from insta_stream.media.process import ProcessFailed
from insta_stream.media.verify import SegmentMismatch

PACKET = 1920
START = 900_000


@pytest.fixture
def ffmpeg(ffmpeg_path: Path) -> FFmpeg:
    return FFmpeg(ffmpeg_path, "test", can_tone_map=True)


def clip(folder: Path, ffmpeg: FFmpeg, *, seconds: int, more: tuple[str, ...] = ()) -> Path:
    """A clip that stands still, with a tone and a key frame every 10 s, so that it is not copied."""
    return make(
        folder / "clip.mp4",
        ffmpeg,
        *("-f", "lavfi", "-i", "smptehdbars=s=640x360:r=30", "-f", "lavfi", "-i", "sine=f=330:r=44100"),
        *("-t", str(seconds), "-c:v", "libx264", "-preset", "ultrafast", "-g", "300", "-c:a", "aac", *more),
    )


def assert_as_planned(job: PackageJob, rendition: str) -> None:
    """What the verifier promised, seen once more from outside, and what only the whole can show."""
    facts = facts_of(job, rendition)
    is_copy = any(made.kind == "copy" for made in job.plan.renditions if made.name == rendition)
    end_of_sound = START - PACKET
    for number, found in enumerate(facts):
        assert found.video is not None
        assert found.audio is not None
        due = START + round(job.plan.borders[number] / job.plan.frame_rate * 90_000)
        assert abs(found.video.first_pts - due) <= 1
        assert found.audio.first_pts == end_of_sound
        assert found.audio.end_pts is not None
        end_of_sound = found.audio.end_pts
        assert found.starts_with_idr
        assert found.sps is not None
        assert found.sps.codec == RUNGS[rendition].codec or is_copy
    end = START + job.plan.table.length // 8
    slack = PACKET if is_copy else 0
    assert end - PACKET <= end_of_sound <= end + slack
    assert frames_of(joined(job, rendition)) == job.plan.borders[-1]


def assert_sounds_alike(job: PackageJob, whole: PackageJob, rendition: str) -> None:
    """Compare with what was encoded in one go.

    An encoder with less past decides a little differently; a hole or a click would be thousands.
    """
    before, after = samples_of(joined(whole, rendition)), samples_of(joined(job, rendition))
    assert len(before) == len(after)
    assert max(abs(a - b) for a, b in zip(before, after, strict=True)) < 600


def ffmpeg_children(folder: Path) -> list[int]:
    """Process ids of FFmpeg that write below a folder."""
    return [pid for pid in naming(folder) if b"-hls_segment_filename" in command_line(pid)]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, ffmpeg_path: Path) -> tuple[PackageJob, Diary]:
    """A clip of eight seconds that was packaged in one go, to look at and to compare with."""
    folder, ffmpeg, diary = (
        tmp_path_factory.mktemp("whole"),
        FFmpeg(ffmpeg_path, "test", can_tone_map=True),
        Diary(),
    )

    async def make_whole() -> PackageJob:
        job = await a_job(clip(folder, ffmpeg, seconds=8), folder)
        await package(ffmpeg, job, diary)
        return job

    return asyncio.run(make_whole()), diary


@pytest.fixture(scope="module")
def copyable(tmp_path_factory: pytest.TempPathFactory, ffmpeg_path: Path) -> Path:
    """A clip of eight seconds whose picture and sound 360p takes as they are."""
    more = ("-g", "60", "-keyint_min", "60", "-sc_threshold", "0", "-pix_fmt", "yuv420p", "-ar", "48000")
    more = (*more, "-ac", "2", "-b:v", "500k")
    ffmpeg = FFmpeg(ffmpeg_path, "test", can_tone_map=True)
    return clip(tmp_path_factory.mktemp("copyable"), ffmpeg, seconds=8, more=more)


def test_all_renditions_have_the_planned_segments(whole: tuple[PackageJob, Diary]) -> None:
    job, diary = whole
    for rendition in ("360p", "240p"):
        assert_as_planned(job, rendition)
        assert diary.counts[rendition] == sorted(diary.counts[rendition])
        assert diary.counts[rendition][-1] == job.plan.table.count
    assert diary.progress[-1].percent == 100
    assert list(job.work.iterdir()) == []
    sounds = [
        [found.audio and found.audio.frame_count for found in facts_of(job, rendition)]
        for rendition in ("360p", "240p")
    ]
    assert sounds[0] == sounds[1]
    assert samples_of(joined(job, "360p")) == samples_of(joined(job, "240p"))


async def test_a_finished_job_does_nothing(ffmpeg: FFmpeg, whole: tuple[PackageJob, Diary]) -> None:
    job, _ = whole
    broken = replace(ffmpeg, path=Path("/bin/false"))
    diary = Diary()
    await package(broken, job, diary)
    assert diary.counts["240p"] == [job.plan.table.count]


async def test_a_killed_job_goes_on_without_a_seam(
    tmp_path: Path, ffmpeg: FFmpeg, whole: tuple[PackageJob, Diary]
) -> None:
    job = await a_job(whole[0].source.path, tmp_path / "killed")

    def kill() -> None:
        for child in ffmpeg_children(job.work):
            os.kill(child, signal.SIGKILL)

    with pytest.raises(ProcessFailed) as caught:
        await package(paced(ffmpeg, tmp_path, times=4), job, Diary(at=(2, kill)))
    assert caught.value.reason == "killed"
    kept = {file: file.stat().st_ino for file in job.package.rglob("*.ts")}
    assert 2 <= len(kept) < 2 * job.plan.table.count
    await package(ffmpeg, job, Diary())
    assert {file: file.stat().st_ino for file in kept} == kept
    for rendition in ("360p", "240p"):
        assert_as_planned(job, rendition)
        assert_sounds_alike(job, whole[0], rendition)


@pytest.mark.deep
async def test_renditions_at_different_places_are_brought_together(
    tmp_path: Path, ffmpeg: FFmpeg, whole: tuple[PackageJob, Diary]
) -> None:
    job = await a_job(whole[0].source.path, tmp_path)
    await package(ffmpeg, replace(job, renditions=("240p",), stop=3), Diary())
    await package(ffmpeg, replace(job, renditions=("360p",), stop=1), Diary())
    diary = Diary()
    await package(ffmpeg, job, diary)
    assert (diary.counts["360p"][0], diary.counts["240p"][0]) == (1, 3)
    for rendition in ("360p", "240p"):
        assert_as_planned(job, rendition)
        assert_sounds_alike(job, whole[0], rendition)


async def test_cancelling_keeps_what_is_published_and_nothing_else(tmp_path: Path, ffmpeg: FFmpeg) -> None:
    job, slow = await a_job(clip(tmp_path, ffmpeg, seconds=6), tmp_path), paced(ffmpeg, tmp_path, times=4)
    running: asyncio.Task[None]
    running = asyncio.create_task(package(slow, job, Diary(at=(2, lambda: running.cancel() and None))))
    with pytest.raises(asyncio.CancelledError):
        await running
    assert ffmpeg_children(job.work) == []
    assert list(job.work.iterdir()) == []
    assert published(job.package, "360p") >= 1
    await package(ffmpeg, job, Diary())
    assert_as_planned(job, "360p")


async def test_a_source_that_ends_early_says_how_much_there_is(tmp_path: Path, ffmpeg: FFmpeg) -> None:
    source = clip(tmp_path, ffmpeg, seconds=12, more=("-bf", "0", "-f", "mpegts"))
    job = await a_job(source, tmp_path, (RUNGS["240p"],))
    os.truncate(source, source.stat().st_size * 6 // 10)
    with pytest.raises(SourceShorter) as caught:
        await package(ffmpeg, job, Diary())
    assert 180 <= caught.value.frames <= 240
    count = published(job.package, "240p")
    assert job.plan.borders[count] <= caught.value.frames + 30
    assert count >= 3


async def test_sound_keeps_its_place_when_it_begins_late(tmp_path: Path, ffmpeg: FFmpeg) -> None:
    source = make(
        tmp_path / "late.mkv",
        ffmpeg,
        *("-f", "lavfi", "-i", "testsrc2=s=320x180:r=25", "-itsoffset", "1.5"),
        *("-f", "lavfi", "-i", "sine=f=500:r=44100", "-t", "5"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "pcm_s16le"),
    )
    job = await a_job(source, tmp_path)
    await package(ffmpeg, job, Diary())
    sound = samples_of(joined(job, "240p"))
    begins = next(at for at, sample in enumerate(sound) if abs(sample) > 500)
    # The first packet is the priming, one packet before the picture.
    assert abs((begins - 1024) / 48_000 - 1.5) < 0.005


@pytest.mark.parametrize("second_from", ["0", "3000"])
async def test_a_recording_whose_clock_is_set_anew_airs_whole(
    tmp_path: Path, ffmpeg: FFmpeg, second_from: str
) -> None:
    """Three seconds of darkness and silence, then as many of light and sound; there a second job goes on."""
    parts = []
    for picture, sound, begins in (("black", "anullsrc=r=48000", "0"), ("white", "sine=f=500", second_from)):
        sources = ("-f", "lavfi", "-i", f"color={picture}:s=320x180:r=25", "-f", "lavfi", "-i", sound)
        coded = (
            "-t",
            "3",
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
            "-c:a",
            "aac",
            "-ar",
            "48000",
            "-ac",
            "2",
        )
        part = make(tmp_path / f"{picture}.ts", ffmpeg, *sources, *coded, "-output_ts_offset", begins)
        parts.append(part.read_bytes())
    source = tmp_path / "recording.ts"
    source.write_bytes(b"".join(parts))
    whole, job = await a_job(source, tmp_path / "whole"), await a_job(source, tmp_path / "resumed")
    assert {caution.code for caution in job.source.inspection.cautions} <= {"damaged_packets"}  # at the join
    assert job.plan.copy_obstacle == "Its timestamps restart partway through."
    await package(ffmpeg, whole, Diary())
    await package(ffmpeg, replace(job, stop=2), Diary())
    await package(ffmpeg, job, Diary())
    for made in (whole, job):
        assert_as_planned(made, "240p")
        tiny = ("-vf", "scale=32:32", "-pix_fmt", "gray", "-f", "rawvideo")
        shades = decode(joined(made, "240p"), "-map", "0:v", *tiny)[::1024]
        samples = samples_of(joined(made, "240p"))
        light = next(at for at, shade in enumerate(shades) if shade > 128)
        loud = next(at for at, sample in enumerate(samples) if abs(sample) > 500)
        assert (len(shades), light) == (150, pytest.approx(75, abs=1))
        assert (loud - 1024) / 48_000 == pytest.approx(light / 25, abs=0.05)
        assert min(shades[light:]) > 128
        assert max(map(abs, samples[-2400:])) > 500


async def test_a_sound_field_is_heard_from_its_centre(tmp_path: Path, ffmpeg: FFmpeg) -> None:
    """What cameras for all directions record: no FFmpeg brings it to two loudspeakers by itself."""
    field = "sine=f=500:r=48000,channelmap=map=0|0|0|0:channel_layout=ambisonic 1"
    sources = ("-f", "lavfi", "-i", "testsrc2=s=320x180:r=25", "-f", "lavfi", "-i", field, "-t", "3")
    coded = ("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "libopus", "-mapping_family", "2")
    job = await a_job(make(tmp_path / "field.mkv", ffmpeg, *sources, *coded), tmp_path)
    await package(ffmpeg, job, Diary())
    assert_as_planned(job, "240p")
    assert max(map(abs, samples_of(joined(job, "240p")))) > 500


async def test_a_video_without_sound_gets_silence(tmp_path: Path, ffmpeg: FFmpeg) -> None:
    source = make(tmp_path / "mute.mp4", ffmpeg, "-f", "lavfi", "-i", "testsrc2=s=320x180:r=24:d=4")
    job = await a_job(source, tmp_path)
    await package(ffmpeg, job, Diary())
    assert_as_planned(job, "240p")
    assert set(samples_of(joined(job, "240p"))) == {0}


async def test_a_picture_may_stand_for_longer_than_muxers_wait(tmp_path: Path, ffmpeg: FFmpeg) -> None:
    slides = ("-vf", "setpts=N*12/TB", "-fps_mode", "passthrough", "-frames:v", "2", "-c:v", "libx264")
    sources = ("-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=1", "-f", "lavfi", "-i", "sine=d=14")
    source = make(tmp_path / "slides.mkv", ffmpeg, *sources, *slides, "-c:a", "aac")
    job = await a_job(source, tmp_path, (RUNGS["240p"],))
    await package(ffmpeg, job, Diary())
    assert_as_planned(job, "240p")


@pytest.mark.each_ffmpeg
async def test_a_copy_keeps_the_picture_and_the_sound(tmp_path: Path, ffmpeg: FFmpeg, copyable: Path) -> None:
    job = await a_job(copyable, tmp_path, kind="copy")
    assert job.renditions == ("360p",)
    await package(ffmpeg, job, Diary())
    facts = facts_of(job, "360p")
    assert [found.video and found.video.first_pts for found in facts] == [
        START + job.plan.table.start(n) // 8 for n in range(len(facts))
    ]
    assert frames_of(joined(job, "360p")) == 240
    follower = replace(job, renditions=("240p",))
    await package(ffmpeg, follower, Diary())
    assert_as_planned(follower, "240p")


async def test_of_a_clip_cut_without_encoding_the_picture_is_copied(tmp_path: Path, ffmpeg: FFmpeg) -> None:
    """Its edit list leaves out some packets of sound at the beginning; a copy would have them."""
    more = (
        "-g",
        "60",
        "-keyint_min",
        "60",
        "-sc_threshold",
        "0",
        "-pix_fmt",
        "yuv420p",
        "-ar",
        "48000",
        "-bf",
        "3",
    )
    film = clip(tmp_path, ffmpeg, seconds=8, more=(*more, "-ac", "2", "-b:v", "500k"))
    source = make(tmp_path / "cut.mp4", ffmpeg, "-ss", "4", "-i", str(film), "-c", "copy")
    job = await a_job(source, tmp_path, kind="copy")
    assert job.renditions == ("360p",)
    await package(ffmpeg, job, Diary())
    assert frames_of(joined(job, "360p")) == 120
    assert_as_planned(job, "360p")


async def test_a_quick_copy_is_told_of_while_it_is_verified(
    tmp_path: Path, ffmpeg: FFmpeg, copyable: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "BATCH", 2)
    job = await a_job(copyable, tmp_path, kind="copy")
    diary = Diary()
    await package(ffmpeg, job, diary)
    counts = diary.counts["360p"]
    assert counts[-1] == job.plan.table.count == 4
    assert all(after - before <= 2 for before, after in pairwise(counts))


async def test_a_copy_that_was_interrupted_is_completed(
    tmp_path: Path, ffmpeg: FFmpeg, copyable: Path
) -> None:
    job = await a_job(copyable, tmp_path, kind="copy")
    await package(ffmpeg, job, Diary())
    expected = joined(job, "360p")
    for number in (2, 3):
        (job.package / "360p" / f"{number}.ts").unlink()
    await package(ffmpeg, job, Diary())
    assert joined(job, "360p") == expected


async def test_a_copy_that_an_older_version_began_is_completed_and_keeps_what_is_published(
    tmp_path: Path, ffmpeg: FFmpeg, copyable: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It published segments as FFmpeg had made them, with sound before the second picture."""
    job = await a_job(copyable, tmp_path, kind="copy")
    with monkeypatch.context() as older:
        older.setattr(line, "pictures_first", lambda data: data)
        await package(ffmpeg, job, Diary())
    for number in (2, 3):
        (job.package / "360p" / f"{number}.ts").unlink()
    before = [(job.package / "360p" / f"{number}.ts").read_bytes() for number in range(2)]
    await package(ffmpeg, job, Diary())
    assert [(job.package / "360p" / f"{number}.ts").read_bytes() for number in range(2)] == before
    assert [found.pictures_ahead for found in facts_of(job, "360p")] == [1, 1, 3, 3]


async def test_a_rendition_follows_the_uneven_borders_of_a_copy(tmp_path: Path, ffmpeg: FFmpeg) -> None:
    more = ("-force_key_frames", "0,1.9,3.6,5.4,7.3", "-sc_threshold", "0", "-pix_fmt", "yuv420p")
    source = clip(tmp_path, ffmpeg, seconds=9, more=(*more, "-ar", "44100", "-b:v", "500k"))
    job = await a_job(source, tmp_path, kind="copy")
    assert len(set(job.plan.table)) > 2
    assert not job.plan.renditions[0].copies_audio
    await package(ffmpeg, job, Diary())
    assert_as_planned(job, "360p")
    follower = replace(job, renditions=("240p",))
    await package(ffmpeg, replace(follower, stop=2), Diary())
    await package(ffmpeg, follower, Diary())
    assert_as_planned(follower, "240p")


async def test_a_segment_that_is_not_as_planned_is_not_published(tmp_path: Path, ffmpeg: FFmpeg) -> None:
    job = await a_job(clip(tmp_path, ffmpeg, seconds=4), tmp_path)
    rung = job.plan.renditions[0]
    wrong = replace(job.plan, renditions=(replace(rung, kind="copy", copies_audio=False),))
    job = replace(job, plan=replace(wrong, copy_hls_time=wrong.table.duration(0)), renditions=("360p",))
    with pytest.raises((SegmentMismatch, SourceShorter)):
        await package(ffmpeg, job, Diary())
    assert published(job.package, "360p") < job.plan.table.count
    assert list(job.work.iterdir()) == []


async def test_noise_stays_under_the_declared_peak(tmp_path: Path, ffmpeg: FFmpeg) -> None:
    source = make(
        tmp_path / "noise.mp4",
        ffmpeg,
        *("-f", "lavfi", "-i", "color=gray:s=640x360:r=30,noise=alls=100:allf=t+u", "-t", "4"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-crf", "30"),
    )
    job = await a_job(source, tmp_path)
    await package(ffmpeg, job, Diary())
    for rendition in ("360p", "240p"):
        rates = [
            found.size * 8 * 720_000 / duration
            for found, duration in zip(facts_of(job, rendition), job.plan.table, strict=True)
        ]
        assert max(rates) <= RUNGS[rendition].peak_bps
        assert max(rates) > RUNGS[rendition].video_bps / 2, "noise should press against the cap"


async def test_pictures_of_a_package(tmp_path: Path, ffmpeg: FFmpeg, whole: tuple[PackageJob, Diary]) -> None:
    job = replace(whole[0], package=shutil.copytree(whole[0].package, tmp_path / "package"))
    strip = await make_pictures(ffmpeg, job.package, "240p", job.plan.table.count, tmp_path / "work")
    assert strip == strip_of(job.plan.table.count)
    assert (job.package / "poster.jpg").read_bytes().startswith(b"\xff\xd8\xff")
    assert size_of(job.package / "strip.jpg") == (160 * 4, 90)
    assert size_of(job.package / "poster.jpg") == (426, 240)


def size_of(picture: Path) -> tuple[int, int]:
    """Read width and height from a JPEG's frame header (ITU-T T.81 section B.2.2)."""
    data = picture.read_bytes()
    at = data.index(b"\xff\xc0") + 5
    return int.from_bytes(data[at + 2 : at + 4]), int.from_bytes(data[at : at + 2])


# In a quick run, a server packages the others, and verifies them by itself.
@pytest.mark.media
@pytest.mark.parametrize(
    "name",
    [
        *(
            pytest.param(name, marks=[pytest.mark.each_ffmpeg] if "vfr" in name else [])
            for name in PACKAGED_ALONE
        ),
        *(
            pytest.param(name, marks=pytest.mark.deep)
            for name in (
                "butterfly-720p2997.mp4",
                "interlaced-tff-720p25-20s.mp4",
                "llama-av1-opus-30s.webm",
                "hevc-1080p30-open-gop.mp4",
                "rooftop-60fps-fragmented.mp4",
            )
        ),
    ],
)
async def test_real_files(tmp_path: Path, ffmpeg: FFmpeg, media_dir: Path, name: str) -> None:
    job = await a_job(media_dir / name, tmp_path, rungs=LADDER[-1:])
    await package(ffmpeg, job, Diary())
    assert_as_planned(job, "240p")


@pytest.mark.media
async def test_a_portrait_is_upright_between_black_bars(
    tmp_path: Path, ffmpeg: FFmpeg, media_dir: Path
) -> None:
    job = await a_job(media_dir / "iphone-rotated-portrait.mov", tmp_path, rungs=LADDER[-1:])
    await package(ffmpeg, job, Diary())
    picture = decode(
        joined(job, "240p"), "-map", "0:v", "-frames:v", "1", "-pix_fmt", "gray", "-f", "rawvideo"
    )
    rows = [picture[at : at + 426] for at in range(0, len(picture), 426)]
    assert max(max(row[:140] + row[286:]) for row in rows) < 20
    assert sum(sum(row[150:276]) for row in rows) / (126 * 240) > 40


@pytest.mark.media
async def test_a_copied_film_loses_nothing(tmp_path: Path, ffmpeg: FFmpeg, media_dir: Path) -> None:
    job = await a_job(media_dir / "bbb-720p24-120s.mp4", tmp_path, rungs=(RUNGS["720p"],), kind="copy")
    await package(ffmpeg, job, Diary())
    facts = facts_of(job, "720p")
    sound = [found.audio for found in facts if found.audio]
    assert all(a.end_pts and abs(b.first_pts - a.end_pts) <= PACKET for a, b in pairwise(sound))
    assert sum(found.video.frame_count for found in facts if found.video) == 2880

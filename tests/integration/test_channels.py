"""Sound in channels of every kind and order: accepted, aired, and each channel heard where it belongs."""

import array
import math
import subprocess
from pathlib import Path

import pytest
from tests.support.aired import air, decode
from tests.support.builds import BUNDLED

from insta_stream.media.inspect import inspect

PCM = ("-c:a", "pcm_s16le")
FIELD = ("-c:a", "libopus", "-mapping_family", "2")
LOUDNESS = 0.05
WINDOW = 4800
"""Samples that are measured: whole periods of each tone."""


def tone(channel: int) -> int:
    """Return the frequency, in Hz, of the tone in a channel."""
    return 300 + 100 * channel


def film(path: Path, count: int, layout: str, *coded: str, sound: str = "") -> Path:
    """Grey, with a tone of its own in each of `count` channels. layout: "" where it is not said."""
    tones = "|".join(sound or f"{LOUDNESS}*sin({2 * math.pi * tone(n)}*t)" for n in range(count))
    named = f",channelmap=map={'|'.join(map(str, range(count)))}:channel_layout={layout}" if layout else ""
    sources = (
        "-f",
        "lavfi",
        "-i",
        "color=gray:s=64x36:r=25",
        "-f",
        "lavfi",
        "-i",
        f"aevalsrc={tones}:s=48000{named}",
    )
    coding = ("-t", "1.2", "-c:v", "libx264", "-preset", "ultrafast", *coded)
    subprocess.run([BUNDLED, "-v", "error", *sources, *coding, path], check=True, stdin=subprocess.DEVNULL)
    return path


Sides = list["array.array[float]"]


async def heard(source: Path, ffmpeg: Path, folder: Path) -> tuple[tuple[str, ...], Sides]:
    """Package a film; return the places of its channels as they were found, and the samples of both sides."""
    aired = await air(source, ffmpeg, folder, "240p")
    assert aired.inspection.audio
    return aired.inspection.audio.places, sides_of(aired.streams["240p"])


def sides_of(stream: bytes) -> Sides:
    """Decode the sound of a transport stream."""
    decoded = array.array("f", decode(stream, "-map", "0:a", "-f", "f32le"))
    return [decoded[0::2], decoded[1::2]]


def loudness(samples: "array.array[float]", frequency: int) -> float:
    """Return the amplitude of a frequency in the middle of the samples."""
    part = samples[24_000 : 24_000 + WINDOW]
    turn = 2 * math.pi * frequency / 48_000
    real = sum(sample * math.cos(turn * n) for n, sample in enumerate(part))
    other = sum(sample * math.sin(turn * n) for n, sample in enumerate(part))
    return 2 * math.hypot(real, other) / WINDOW


SIDES = {"FL": (1, 0), "FR": (0, 1), "FC": (0.71, 0.71), "LFE": (0, 0), "BL": (0.71, 0), "BR": (0, 0.71)}
SIDES |= {"SL": (0.71, 0), "SR": (0, 0.71), "FLC": (1, 0), "FRC": (0, 1), "TFL": (0.71, 0), "TFR": (0, 0.71)}
SIDES |= {"TBL": (0.71, 0), "TBR": (0, 0.71), "AMBI0": (0.71, 0.71), "AMBI1": (0, 0), "AMBI2": (0, 0)}
SIDES |= {"AMBI3": (0, 0)}


@pytest.mark.each_ffmpeg
@pytest.mark.parametrize(
    ("name", "layout", "coded"),
    [
        ("a.mov", "FL+FR+LFE+FC+BL+BR", PCM),
        ("a.mov", "FC+FL+FR+SL+SR+LFE", PCM),
        ("a.mov", "FL+FC+FR+SL+SR+BL+BR+LFE", PCM),
        ("a.mov", "7.1(wide)", PCM),
        ("a.mov", "7.1.4", PCM),
        ("a.mov", "FR+FL", PCM),
        ("a.mp4", "7.1", ("-c:a", "aac", "-b:a", "800k")),
        ("a.mp4", "quad", ("-c:a", "aac")),
        ("a.mkv", "ambisonic 1", FIELD),
        ("a.mkv", "ambisonic 1+stereo", FIELD),
    ],
)
async def test_each_channel_is_heard_in_its_place(
    tmp_path: Path, ffmpeg_path: Path, name: str, layout: str, coded: tuple[str, ...]
) -> None:
    count = {"7.1(wide)": 8, "7.1.4": 12, "7.1": 8, "quad": 4, "ambisonic 1": 4, "ambisonic 1+stereo": 6}
    source = film(tmp_path / name, count.get(layout, layout.count("+") + 1), layout, *coded)
    places, sides = await heard(source, ffmpeg_path, tmp_path)
    assert places == tuple(layout.split("+")) or layout in count
    for number, place in enumerate(places):
        loudnesses = [loudness(side, tone(number)) / LOUDNESS for side in sides]
        assert loudnesses == pytest.approx(SIDES[place], abs=0.06), place


@pytest.mark.parametrize(
    ("name", "count", "coded"),
    [
        ("a.mkv", 3, PCM),
        ("a.mkv", 16, PCM),
        ("a.mkv", 10, ("-c:a", "libopus", "-mapping_family", "255", "-b:a", "900k")),
        ("a.mov", 1, PCM),
    ],
)
async def test_of_channels_without_a_place_none_is_lost(
    tmp_path: Path, ffmpeg_path: Path, name: str, count: int, coded: tuple[str, ...]
) -> None:
    layout = "FL" if count == 1 else ""
    _, sides = await heard(film(tmp_path / name, count, layout, *coded), ffmpeg_path, tmp_path)
    for number in range(count):
        assert max(loudness(side, tone(number)) / LOUDNESS for side in sides) > 0.6, number
    assert (
        min(max(loudness(side, tone(number)) for number in range(count)) for side in sides) > 0.5 * LOUDNESS
    )


@pytest.mark.parametrize("layout", ["5.1", "FL+FR+LFE+FC+BL+BR"])
async def test_loud_channels_do_not_add_up_to_noise(tmp_path: Path, ffmpeg_path: Path, layout: str) -> None:
    sound = f"0.9*sin({2 * math.pi * 400}*t)"
    _, sides = await heard(film(tmp_path / "a.mov", 6, layout, *PCM, sound=sound), ffmpeg_path, tmp_path)
    for side in sides:
        assert 0.8 < max(side) < 1
        assert loudness(side, 400) > 0.8
        assert loudness(side, 1200) < 0.02  # what cutting the tops off would make


async def test_beside_a_copied_picture_channels_are_mixed_alike(tmp_path: Path, ffmpeg_path: Path) -> None:
    """Such sound takes another way: through a second FFmpeg."""
    coded = ("-vf", "scale=640:360", "-profile:v", "main", "-level", "3.0", "-g", "25", *PCM)
    source = film(tmp_path / "a.mov", 6, "FL+FR+LFE+FC+BL+BR", *coded, "-pix_fmt", "yuv420p")
    aired = await air(source, ffmpeg_path, tmp_path, "360p", "240p")
    assert [rendition.kind for rendition in aired.plan.renditions] == ["copy", "encode"]
    for stream in aired.streams.values():
        for number, place in enumerate(("FL", "FR", "LFE", "FC", "BL", "BR")):
            loudnesses = [loudness(side, tone(number)) / LOUDNESS for side in sides_of(stream)]
            assert loudnesses == pytest.approx(SIDES[place], abs=0.06), place


async def test_more_channels_than_can_be_mixed_are_silence(tmp_path: Path) -> None:
    source = film(tmp_path / "a.mkv", 64, "", *PCM)
    data = source.read_bytes()
    channels = b"\x9f\x81\x40"  # Channels (RFC 9559 section 5.1.4.1.29.3)
    assert data.count(channels) == 1
    (tmp_path / "b.mkv").write_bytes(data.replace(channels, b"\x9f\x81\x80"))
    found = await inspect(tmp_path / "b.mkv")
    assert found.audio is None
    assert "unusable_sound" in {caution.code for caution in found.cautions}

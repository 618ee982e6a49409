"""Makes a small programme to show a channel with: clips that need no encoding to be aired at 720p."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from insta_stream.media.ffmpeg import FFmpeg
from insta_stream.media.process import Limits, run

FRAME_RATE = 25

_LIMITS = Limits(wall_seconds=300, stall_seconds=60)


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip of the demo. picture: an FFmpeg source with a running clock. tone_hz: of its gentle sound."""

    title: str
    seconds: int
    picture: str
    tone_hz: int


def _with_clock(picture: str, x: str, y: str) -> str:
    """Return a picture with FFmpeg's own test card, which has a clock and needs no font, in a small frame."""
    clock = f"testsrc2=s=320x180:r={FRAME_RATE},pad=328:188:4:4:white"
    return f"{clock}[clock];{picture}[back];[back][clock]overlay=x='{x}':y='{y}'"


CLIPS = (
    Clip("Demo 1: test card", 12, f"testsrc2=s=1280x720:r={FRAME_RATE}", 220),
    Clip(
        "Demo 2: colour bars",
        12,
        _with_clock(f"smptehdbars=s=1280x720:r={FRAME_RATE}", "(W-w)/2+sin(t*PI/4)*(W-w)/2", "110"),
        277,
    ),
    Clip(
        "Demo 3: slow colours",
        16,
        _with_clock(
            f"gradients=s=320x180:r={FRAME_RATE}:n=4:c0=0x0f3057:c1=0x00587a:c2=0xe07a5f:c3=0xf2cc8f:speed=0.012"
            ",scale=1280:720:flags=bicubic",
            "W-w-48",
            "H-h-48",
        ),
        330,
    ),
)


async def make_demo(ffmpeg: FFmpeg, folder: Path) -> AsyncIterator[tuple[str, Path]]:
    """Write one clip after the other into `folder`; yield title and path of each. Raises PackagingFailed."""
    for number, clip in enumerate(CLIPS, start=1):
        path = folder / f"demo-{number}.mp4"
        await run(_command(ffmpeg, clip, path), limits=_LIMITS)
        yield clip.title, path


def _command(ffmpeg: FFmpeg, clip: Clip, path: Path) -> list[str]:
    gop = str(2 * FRAME_RATE)
    graph = (
        f"{clip.picture},scale=out_color_matrix=bt709:out_range=limited,format=yuv420p,"
        "setparams=range=limited:color_primaries=bt709:color_trc=bt709:colorspace=bt709[v];"
        f"sine=f={clip.tone_hz}:r=48000,tremolo=f=0.25:d=0.8,volume=0.2,aformat=channel_layouts=stereo[a]"
    )
    return [
        *(str(ffmpeg.path), "-nostdin", "-hide_banner", "-loglevel", "warning", "-y", "-progress", "pipe:1"),
        *("-filter_complex", graph, "-map", "[v]", "-map", "[a]", "-t", str(clip.seconds)),
        *("-c:v", "libx264", "-preset", "veryfast", "-crf", "24", "-maxrate", "2200k", "-bufsize", "2200k"),
        *("-profile:v", "high", "-level:v", "3.1", "-g", gop, "-keyint_min", gop, "-sc_threshold", "0"),
        *("-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"),
        *("-c:a", "aac", "-b:a", "128k", "-movflags", "+faststart", "-f", "mp4", str(path)),
    ]

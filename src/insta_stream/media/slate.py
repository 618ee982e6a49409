"""Makes the built-in slate: what airs when nothing else can. It is packaged like any other video."""

import tempfile
from pathlib import Path

from insta_stream.media.ffmpeg import FFmpeg
from insta_stream.media.lettering import draw
from insta_stream.media.process import Limits, run

WORDS = "WE'LL BE RIGHT BACK"
FRAME_RATE = 25
LOOP_SECONDS = 10
LOOPS = 3

_LIMITS = Limits(wall_seconds=300, stall_seconds=60, nice=10)

_WORDS = "words.pgm"
_LOOP = "loop.mp4"
"""FFmpeg runs in their folder: it would take a `%` in a path to a picture for a pattern."""

_TURN = f"2*PI*N/{LOOP_SECONDS * FRAME_RATE}"
"""The phase of the loop: all that moves is periodic in it, so the loop's end meets its beginning."""


def _mix(colour: str, glow: int, sheen: int, ground: int) -> str:
    """Return how much of a colour (of 4,095) the two lights and the ground give."""
    return ":".join(
        f"{colour}{of}={part / 4095}" for of, part in zip("rgb", (glow, sheen, ground), strict=True)
    )


_GLOW = f"exp(-(pow(X/W-0.5-0.28*cos({_TURN}),2)+pow(Y/H-0.95-0.15*sin({_TURN}),2))*3.2)"
_SHEEN = f"exp(-(pow(X/W-0.5+0.34*cos({_TURN}),2)+pow(Y/H-0.1+0.12*sin({_TURN}),2))*4.5)"

# A picture of 96 x 54 that is enlarged: a soft gradient needs no more, and 12 bits leave no bands. The two
# lights are computed once, as red and green, and mixed with the ground, a plain blue, into what is seen.
_BACKGROUND = (
    f"color=black:s=96x54:r={FRAME_RATE}:d={LOOP_SECONDS},format=gbrp12le,"
    f"geq=r='4095*{_GLOW}':g='4095*{_SHEEN}':b=4095,"
    f"colorchannelmixer={_mix('r', 360, 315, 180)}:{_mix('g', 760, 260, 230)}:{_mix('b', 1250, 1250, 620)},"
    "scale=1920:1080:flags=bicubic:sws_dither=bayer:out_color_matrix=bt709:out_range=limited,format=yuv420p"
)


async def make_slate(ffmpeg: FFmpeg, path: Path) -> None:
    """Write the slate to `path` (MP4): 30 s of 1920x1080 at 25 fps, a key frame every 2 s, silent sound.

    Raises PackagingFailed.
    """
    with tempfile.TemporaryDirectory(dir=path.parent) as name:
        folder = Path(name)
        width, height, pixels = draw(WORDS, height=76, thickness=7)
        (folder / _WORDS).write_bytes(b"P5 %d %d 255\n" % (width, height) + pixels)
        await run(_loop(ffmpeg), limits=_LIMITS, folder=folder)
        await run(_whole(ffmpeg, path), limits=_LIMITS, folder=folder)


def _loop(ffmpeg: FFmpeg) -> list[str]:
    graph = (
        f"{_BACKGROUND}[back];"
        "[0:v]format=gray,split[shape][light];[light]lutyuv=y=232,format=yuv420p[white];"
        "[white][shape]alphamerge[words];[back][words]overlay=x=(W-w)/2:y=(H-h)/2:format=yuv420,"
        "setparams=range=limited:color_primaries=bt709:color_trc=bt709:colorspace=bt709[out]"
    )
    return [
        *(str(ffmpeg.path), "-nostdin", "-hide_banner", "-loglevel", "warning", "-y", "-progress", "pipe:1"),
        *("-loop", "1", "-framerate", str(FRAME_RATE), "-i", _WORDS),
        *("-filter_complex", graph, "-map", "[out]", "-frames:v", str(LOOP_SECONDS * FRAME_RATE)),
        *("-c:v", "libx264", "-preset", "ultrafast", "-crf", "24", "-pix_fmt", "yuv420p"),
        *("-profile:v", "high", "-level:v", "4.0", "-maxrate", "3M", "-bufsize", "3M"),
        # Without B-frames the copies of the loop join without overlapping.
        *("-bf", "0", "-g", str(2 * FRAME_RATE), "-keyint_min", str(2 * FRAME_RATE), "-sc_threshold", "0"),
        *("-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"),
        _LOOP,
    ]


def _whole(ffmpeg: FFmpeg, path: Path) -> list[str]:
    return [
        *(str(ffmpeg.path), "-nostdin", "-hide_banner", "-loglevel", "warning", "-y", "-progress", "pipe:1"),
        *("-stream_loop", str(LOOPS - 1), "-i", _LOOP),
        *("-f", "lavfi", "-i", "anullsrc=r=48000:cl=stereo", "-t", str(LOOPS * LOOP_SECONDS)),
        *("-c:v", "copy", "-c:a", "aac", "-b:a", "64k", "-movflags", "+faststart"),
        *("-f", "mp4", str(path.absolute())),
    ]

"""Which FFmpeg there is and what it can do."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from shutil import which

import imageio_ffmpeg

from insta_stream.errors import NotReady
from insta_stream.media.process import Limits, ProcessFailed, run

_LIMITS = Limits(wall_seconds=30, stall_seconds=30, nice=0)  # a server that starts waits for the answers

NEEDED = {
    "-encoders": ("libx264", "aac", "mjpeg"),
    "-muxers": ("hls", "mpegts"),
    "-filters": (
        "fps",
        "tpad",
        "scale",
        "pad",
        "bwdif",
        "transpose",
        "aresample",
        "pan",
        "alimiter",
        "apad",
        "atrim",
        "anullsrc",
    ),
    "-bsfs": ("noise", "h264_mp4toannexb"),
}
"""Without any of these nothing can be packaged; `-option` lists them."""

TONE_MAP = ("zscale", "tonemap")
"""Without these filters, HDR pictures are converted without tone mapping and look flat."""


_gnu_licence = re.compile(r"GNU (Lesser )?General Public License .*?version (\d)(\.\d)?").search


@dataclass(frozen=True, slots=True)
class FFmpeg:
    """An FFmpeg program.

    can_tone_map: it has the filters that bring HDR pictures to SDR. notice: what it says of its licence,
    which depends on what was built into it.
    """

    path: Path
    version: str
    can_tone_map: bool
    notice: str = ""

    @property
    def licence(self) -> str:
        """Its licence as an SPDX expression; in words where there is none, "" where it says nothing of it."""
        if "nonfree" in self.notice:
            return "not redistributable"
        found = _gnu_licence(" ".join(self.notice.split()))
        if found is None:
            return ""
        return f"{'LGPL' if found[1] else 'GPL'}-{found[2]}{found[3] or '.0'}-or-later"


def candidates(setting: Path | None) -> tuple[Path, ...]:
    """Return where to look, best first: the one that was asked for, else the bundled one, else on PATH."""
    if setting is not None:
        return (setting.absolute(),)
    found = which("ffmpeg")
    try:
        bundled: tuple[Path, ...] = (Path(imageio_ffmpeg.get_ffmpeg_exe()),)
    except RuntimeError:  # no wheel with a binary for this machine
        bundled = ()
    return tuple(path.absolute() for path in (*bundled, *((Path(found),) if found else ())))


async def locate(setting: Path | None = None) -> FFmpeg:
    """Return the first FFmpeg that has what packaging needs. Raises NotReady, and says what is wrong."""
    remarks = []
    for path in candidates(setting):
        try:
            facts = await features(path)
        except ProcessFailed as failed:
            remarks.append(f"{path}: {failed.message}")
            continue
        missing = [name for name, is_there in facts.items() if not is_there and name not in TONE_MAP]
        if not missing:
            can_tone_map = all(facts[name] for name in TONE_MAP)
            number, words = await asyncio.gather(version(path), notice(path))
            return FFmpeg(path, number, can_tone_map, words)
        remarks.append(f"{path} lacks {', '.join(missing)}")
    raise NotReady("No usable FFmpeg. " + ("; ".join(remarks) or "None was found."), code="no_ffmpeg")


async def version(path: Path) -> str:
    """Return the version as FFmpeg prints it: "5.1.9-0+deb12u1". Raises ProcessFailed."""
    text = await _output(path, "-version")
    found = re.match(r"ffmpeg version (\S+)", text)
    return found[1] if found else "unknown"


async def notice(path: Path) -> str:
    """Return what FFmpeg says of its licence; "" where it says nothing, which is no reason not to use it."""
    try:
        return await _output(path, "-hide_banner", "-L")
    except ProcessFailed:
        return ""


async def features(path: Path) -> Mapping[str, bool]:
    """Return for each codec, muxer and filter that we use whether it is there. Raises ProcessFailed."""
    # Side by side: a server that starts waits for it.
    lists = await asyncio.gather(*(_output(path, "-hide_banner", option) for option in NEEDED))
    there = dict(zip(NEEDED, (set(text.split()) for text in lists), strict=True))
    facts = {name: name in there[option] for option, names in NEEDED.items() for name in names}
    return facts | {name: name in there["-filters"] for name in TONE_MAP}


async def _output(path: Path, *options: str) -> str:
    lines: list[str] = []

    def keep(line: str) -> bool:
        lines.append(line)
        return True

    await run((str(path), *options), limits=_LIMITS, on_line=keep)
    return "\n".join(lines)

"""The child process that reads an upload: `python -m insta_stream.media.probe PATH`.

Strangers' bytes meet demuxers and decoders here, and only here: a crash, a flood or a hang costs this
process and becomes a refusal. Its standard output is one JSON value per line: numbers (the byte position
reached), then {"inspection": ...} or {"refusal": {"code", "message"}}.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import av

from insta_stream.errors import NotAVideo
from insta_stream.media import stored
from insta_stream.media.boxes import obstacle, protection
from insta_stream.media.judge import judge
from insta_stream.media.model import Inspection
from insta_stream.media.sniff import (
    EMPTY,
    HEAD_BYTES,
    NO_PICTURE,
    NOT_MEDIA,
    UNKNOWN_PICTURE,
    picture_brand,
    sniff,
)
from insta_stream.media.survey import NoPictureTrack, survey

_REPORT_SECONDS = 0.2


def examine(path: Path, on_position: Callable[[int], None]) -> Inspection:
    """Read the file and judge it. Raises NotAVideo, and what PyAV raises on broken files."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if refusal := EMPTY if not head else picture_brand(head) or protection(path):
        raise NotAVideo(refusal.message, code=refusal.code)
    try:
        return judge(survey(path, on_position))
    except NoPictureTrack as error:
        refusal = UNKNOWN_PICTURE if error.is_unknown else NO_PICTURE if error.has_sound else NOT_MEDIA
        raise NotAVideo(refusal.message, code=refusal.code) from error
    except MemoryError:
        raise  # FFmpeg's own is an FFmpegError too
    except av.error.FFmpegError as error:
        refusal = obstacle(path) or sniff(head)
        raise NotAVideo(refusal.message, code=refusal.code) from error


def main(path: Path) -> None:
    """Print what is found in `path`."""
    try:
        answer: dict[str, object] = {"inspection": stored.dump_inspection(examine(path, _reporter()))}
    except NotAVideo as error:
        answer = {"refusal": {"code": error.code, "message": error.message}}
    except MemoryError:
        answer = _refusal("Inspecting this file takes more memory than this server allows.")
    except (UnicodeError, ValueError, LookupError, OSError) as error:  # what a broken file provokes in PyAV
        answer = _refusal(f"This file is damaged and cannot be read ({type(error).__name__}).")
    except Exception as error:  # noqa: BLE001 - a fault of ours or PyAV's, which only this file may have shown
        answer = _refusal(
            f"This server cannot read this file: inspecting it failed ({type(error).__name__}). Save it "
            "in another format, such as MP4, and upload that."
        )
    print(json.dumps(answer), flush=True)  # noqa: T201 - standard output is how this process answers


def _refusal(message: str) -> dict[str, object]:
    return {"refusal": {"code": "unreadable", "message": message}}


def _reporter() -> Callable[[int], None]:
    """Return a callback that prints the byte position, a few times a second and only when it has advanced."""
    due, furthest = 0.0, -1

    def report(position: int) -> None:
        nonlocal due, furthest
        if position > furthest and time.monotonic() >= due:
            due, furthest = time.monotonic() + _REPORT_SECONDS, position
            print(position, flush=True)  # noqa: T201 - as above

    return report


if __name__ == "__main__":
    main(Path(sys.argv[1]))

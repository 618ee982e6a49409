"""An FFmpeg that reads its source no faster than told: a long job without the work of one."""

import shlex
from pathlib import Path

from insta_stream.media.ffmpeg import FFmpeg


def paced(ffmpeg: FFmpeg, folder: Path, *, times: float) -> FFmpeg:
    """Return an FFmpeg that takes in a source at `times` its own pace; its program is put into `folder`.

    A job of it is still going on when a test has seen its beginning, however busy the machine is.
    """
    program = folder / "paced-ffmpeg"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(str(ffmpeg.path))} -readrate {times} "$@"\n')
    program.chmod(0o700)
    return FFmpeg(program, ffmpeg.version, can_tone_map=ffmpeg.can_tone_map)

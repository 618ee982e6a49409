"""What an FFmpeg says of itself."""

from pathlib import Path

import pytest

from insta_stream.media.ffmpeg import FFmpeg

GPL = """ffmpeg is free software; you can redistribute it and/or modify
it under the terms of the GNU General Public License as published by
the Free Software Foundation; either version {} of the License, or
(at your option) any later version."""
LGPL = """ffmpeg is free software; you can redistribute it and/or
modify it under the terms of the GNU Lesser General Public
License as published by the Free Software Foundation; either
version {} of the License, or (at your option) any later version."""
NONFREE = """This version of ffmpeg has nonfree parts compiled in.
Therefore it is not legally redistributable."""


@pytest.mark.parametrize(
    ("notice", "licence"),
    [
        (GPL.format(2), "GPL-2.0-or-later"),
        (GPL.format(3), "GPL-3.0-or-later"),
        (LGPL.format("2.1"), "LGPL-2.1-or-later"),
        (LGPL.format(3), "LGPL-3.0-or-later"),
        (NONFREE, "not redistributable"),
        ("", ""),
    ],
)
def test_the_licence_is_that_of_what_was_built_in(notice: str, licence: str) -> None:
    assert FFmpeg(Path("ffmpeg"), "7.0", can_tone_map=True, notice=notice).licence == licence

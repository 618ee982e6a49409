"""What FFmpeg says of an opened file in words: the only way in which PyAV tells of programmes and cropping.

The words are those of `av_dump_format`, of the one version that is locked with PyAV. Titles in them are a
stranger's, who could write what looks like a line of ours: whatever is read here concerns that file only, and
is checked against its streams.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

_PROGRAMME = re.compile(r"  Program (\d+) ")
_STREAM = re.compile(r" +Stream #0:(\d+)\b")
_CROPPING = re.compile(r" +Frame Cropping: (\d+)/(\d+)/(\d+)/(\d+)$")
_REST = "  No Program"


@dataclass(frozen=True, slots=True)
class Crop:
    """How many pixels of a decoded picture are not to be seen, on each side."""

    left: int
    right: int
    top: int
    bottom: int


@dataclass(frozen=True, slots=True)
class Outline:
    """By stream number. programmes: of each track that is in one or more. crops: of tracks that have one."""

    programmes: Mapping[int, frozenset[int]]
    crops: Mapping[int, Crop]


def read(text: str) -> Outline:
    """Read what FFmpeg says of an opened file."""
    programmes: dict[int, set[int]] = defaultdict(set)
    crops: dict[int, Crop] = {}
    programme: int | None = None
    stream = -1
    for line in text.splitlines():
        if found := _PROGRAMME.match(line):
            programme = int(found[1])
        elif line.startswith(_REST):
            programme = None
        elif found := _STREAM.match(line):
            stream = int(found[1])
            if programme is not None:
                programmes[stream].add(programme)
        elif found := _CROPPING.match(line):
            crops[stream] = Crop(*map(int, found.groups()))
    return Outline({index: frozenset(found) for index, found in programmes.items()}, crops)

"""Borders between videos: is a frame lost or doubled, and do picture and sound stay together?

Videos of six frame rates follow each other in every order. The playlists of a thousand borders are walked on
a clock of our own; as packages never change, the segments around each different border are decoded once,
through one decoder, as a player does, and counted as often as the border came.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from tests.support.libraries import LADDER, NAMES, open_library, settled
from tests.support.scene import BASE, BROADCAST, SLATE, Scene

from bench import marks
from bench.figures import Figure, at_most
from bench.marks import Marked, Stretch
from insta_stream.channels.channel import Broadcast
from insta_stream.hls.parse import parse
from insta_stream.hls.playlist import MediaPlaylist
from insta_stream.ids import EntryId, PackageId
from insta_stream.timeline.edit import Start, apply
from insta_stream.timeline.playable import Playable
from insta_stream.timeline.timeline import Entry

BORDERS = 1000
AROUND = 2
"""Segments that are decoded on either side of a border."""

CLIPS = (
    Marked(Fraction(24_000, 1001), 175, 44_100),
    Marked(Fraction(25), 183, 48_000),
    Marked(Fraction(30_000, 1001), 217, 44_100),
    Marked(Fraction(30), 221, 48_000),
    Marked(Fraction(50), 367, 44_100),
    Marked(Fraction(60), 439, 48_000),
)

Join = tuple[tuple[str, ...], tuple[str, ...]]
"""The last segments of a video and the first ones of the next, as PACKAGE/RENDITION/NUMBER.ts."""


def measure(scratch: Path) -> Iterator[Figure]:
    """Yield what went wrong in a thousand borders of each rung."""
    made = asyncio.run(_packaged(scratch))
    by_package = {playable.package: marked for playable, marked in zip(made, CLIPS, strict=True)}
    for rung in NAMES:
        joins = _walked(made, rung)
        found = [(_border(join, by_package, scratch), times) for join, times in joins.items()]
        yield Figure.of(f"{rung}: different borders among {BORDERS}", "", len(found))
        yield Figure.of(f"{rung}: frames lost", "", sum(b.lost * times for b, times in found), at_most(0))
        yield Figure.of(
            f"{rung}: frames doubled", "", sum(b.doubled * times for b, times in found), at_most(0)
        )
        offsets = [1000 * border.offset for border, _ in found]
        yield Figure.of(
            f"{rung}: sound against picture at a border, greatest", "ms", max(offsets), at_most(40)
        )
        gaps = [1000 * abs(border.gap) for border, _ in found]
        yield Figure.of(
            f"{rung}: sound missing or too long at a border, greatest", "ms", max(gaps), at_most(40)
        )


async def _packaged(scratch: Path) -> list[Playable]:
    """Make the videos, package them, and return what can be aired of each."""
    made = []
    async with open_library(scratch / "data") as library:
        for place, marked in enumerate(CLIPS):
            path = await asyncio.to_thread(marks.make, scratch / f"{place}.mp4", marked)
            video = await settled(library, (await library.adopt(path, path.name)).id)
            playable = library.playable(video.id, NAMES)
            if playable is None or not playable.is_complete:
                raise RuntimeError(f"packaging failed: {video.error}")
            made.append(playable)
    return made


def _walked(made: Sequence[Playable], rung: str) -> Counter[Join]:
    """Return the joins that the playlists of a channel list, one after the other, and how often."""
    scene = Scene()
    entries = tuple(
        Entry(EntryId(f"{n:032x}"), made[each].video) for n, each in enumerate(_orders(len(made)))
    )
    timeline = replace(scene.channel.timeline, entries=entries)
    catalogue = {playable.video: playable for playable in made}
    timeline = apply(timeline, Start(BROADCAST), catalogue, SLATE, scene.now).timeline
    broadcast = Broadcast(BROADCAST, LADDER, scene.now)
    scene.channel = replace(scene.channel, timeline=timeline, broadcasts={BROADCAST: broadcast})
    listed: dict[int, str] = {}
    borders: dict[int, None] = {}
    while len(borders) < BORDERS + 1:
        playlist = parse(scene.playlists.page(f"{BASE}/{rung}.m3u8").plain.decode())
        assert isinstance(playlist, MediaPlaylist)
        for each in playlist.numbered():
            listed[each.msn] = "/".join(each.segment.uri.split("/")[-3:])
            if each.segment.discontinuity and each.msn - AROUND in listed:
                borders[each.msn] = None
        scene.pass_time(10)
    # The newest may lack what follows it.
    return Counter(_join(listed, msn) for msn in list(borders)[:BORDERS])


def _join(listed: dict[int, str], msn: int) -> Join:
    before = tuple(listed[number] for number in range(msn - AROUND, msn))
    return before, tuple(listed[number] for number in range(msn, msn + AROUND))


def _orders(count: int) -> Iterator[int]:
    """Yield numbers in which each follows each, itself too, exactly once when they are repeated."""
    for one in range(count):
        yield one
        for other in range(one + 1, count):
            yield from (one, other)


@dataclass(frozen=True, slots=True)
class _Border:
    """What a player makes of a join.

    lost, doubled: frames. offset: of the tone that is furthest from its frame. gap: between the videos'
    sounds where it is positive; else they overlap. Both in seconds.
    """

    lost: int
    doubled: int
    offset: float
    gap: float


def _border(join: Join, by_package: dict[PackageId, Marked], scratch: Path) -> _Border:
    """Decode the segments of a join in one go, and look at them."""
    stretches = marks.read([scratch / "data" / "stream" / name for names in join for name in names])
    if len(stretches) != len(join):
        raise RuntimeError(f"the clock begins anew {len(stretches) - 1} times in {join}")
    before, after = stretches
    clips = [by_package[PackageId(names[0].split("/")[0])] for names in join]
    ends = (range(before.frames[0][1], clips[0].frames), range(after.frames[-1][1] + 1))
    counted = [faults(each.numbers, end) for each, end in zip(stretches, ends, strict=True)]
    offsets = [offset for each, clip in zip(stretches, clips, strict=True) for offset in _offsets(each, clip)]
    too_early = before.frames[-1][0] + float(1 / clips[0].rate) - before.sound[1]
    return _Border(
        lost=sum(lost for lost, _ in counted),
        doubled=sum(doubled for _, doubled in counted),
        offset=max(offsets),
        gap=too_early + after.sound[0] - after.frames[0][0],
    )


def faults(shown: Sequence[int], wanted: range) -> tuple[int, int]:
    """Return how many of the wanted numbers are not shown, and how many numbers are shown again or late."""
    rising = sum(one < other for one, other in pairwise(shown)) + 1
    return len(set(wanted) - set(shown)), len(shown) - rising


def _offsets(stretch: Stretch, clip: Marked) -> Iterator[float]:
    """Yield how far each tone is from the frame that it began with in the original."""
    marked = [at for at, shown in stretch.frames if shown % clip.beat == 0]
    for tone in stretch.tones:
        yield min(abs(tone - at) for at in marked)

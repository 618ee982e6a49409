"""What one window and one playlist cost, however long the playlist, the window and the time on air."""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from tests.support.scene import BASE, BROADCAST, CHANNEL_RUNGS, EPOCH, SLATE, Scene, playable

from bench.figures import Figure, Target, at_most
from insta_stream.channels.channel import Broadcast
from insta_stream.ids import EntryId, PackageId, VideoId
from insta_stream.ticks import Ticks, seconds
from insta_stream.timeline.edit import Start, apply
from insta_stream.timeline.playable import Playable
from insta_stream.timeline.timeline import Entry, Timeline
from insta_stream.timeline.window import window

MINUTE, HOUR, YEAR = 60, 3600, 365 * 86_400
ENTRIES = (10, 1_000, 100_000)
WINDOWS = {"1 min": MINUTE, "30 min": 30 * MINUTE, "2 h": 2 * HOUR}
UPTIMES = {"1 hour": HOUR, "30 days": 30 * 86_400, "10 years": 10 * YEAR}
ROUNDS, INSTANTS = 5, 40

ARITHMETIC, RENDERING = at_most(50), at_most(250)
"""Microseconds for a window of a minute."""


def measure(scratch: Path) -> Iterator[Figure]:
    """Yield microseconds: means over many instants, each of them rendered for the first time."""
    del scratch
    for count in ENTRIES:
        yield from _figures(f"{count:,} entries", _on_air(count, MINUTE), HOUR, ARITHMETIC, RENDERING)
    usual = _on_air(1_000, MINUTE)
    for name, uptime in UPTIMES.items():
        yield from _figures(f"{name} on air", usual, uptime, ARITHMETIC, RENDERING)
    for name, length in WINDOWS.items():
        is_short = length == MINUTE
        targets = (ARITHMETIC, RENDERING) if is_short else (None, None)
        yield from _figures(f"window of {name}", _on_air(1_000, length), 3 * HOUR, *targets)
    yield from _rewound(_on_air(1_000, HOUR))


def _on_air(entries: int, length: int) -> Timeline:
    """Return a channel with a playlist of this many entries, of 40 videos of different lengths."""
    films = [_film(number) for number in range(40)]
    order = tuple(Entry(EntryId(f"{place:032x}"), films[place % 40].video) for place in range(entries))
    timeline = Timeline(
        epoch=EPOCH, horizon=seconds(1), target=seconds(2), window=seconds(length), entries=order
    )
    catalogue = {film.video: film for film in films}
    return apply(timeline, Start(BROADCAST), catalogue, SLATE, Ticks(EPOCH + seconds(3600))).timeline


def _film(number: int) -> Playable:
    name = f"{number:032x}"
    film = playable("a", 20 + number)
    return replace(film, video=VideoId(name), package=PackageId(name))


def _figures(
    name: str, timeline: Timeline, uptime: int, arithmetic: Target | None, rendering: Target | None
) -> Iterator[Figure]:
    scene = _scene(timeline)

    def look() -> None:
        window(timeline, BROADCAST, scene.now)

    def render() -> None:
        scene.playlists.page(f"{BASE}/720p.m3u8")

    for what, work, target in (("window", look, arithmetic), ("first render", render, rendering)):
        scene.now = Ticks(EPOCH + seconds(3600 + uptime))
        yield Figure.of(f"{name}: {what}", "µs", _micros(work, scene), target)


def _scene(timeline: Timeline) -> Scene:
    scene = Scene()
    scene.channel = replace(
        scene.channel,
        timeline=timeline,
        broadcasts={BROADCAST: Broadcast(BROADCAST, CHANNEL_RUNGS, timeline.broadcasts[0].started_at)},
    )
    return scene


def _rewound(timeline: Timeline) -> Iterator[Figure]:
    """Yield what a change of the playlist for going back takes, plain and zipped, of one rung or of all."""
    scene = _scene(timeline)
    scene.now = Ticks(EPOCH + seconds(4 * HOUR))
    for count in (1, len(CHANNEL_RUNGS)):
        paths = [f"{BASE}/{rung.name}.rewind.m3u8" for rung in CHANNEL_RUNGS[:count]]
        on_loop, whole = asyncio.run(_refreshed(scene, paths))
        name = f"going back an hour, {count} rung{'s' if count > 1 else ''}: a change, per rung"
        yield Figure.of(f"{name}, on the event loop", "µs", on_loop, at_most(1000))
        yield Figure.of(f"{name}, in all", "µs", whole)


async def _refreshed(scene: Scene, paths: list[str]) -> tuple[list[float], list[float]]:
    """Return the microseconds of processor that a change took in the event loop's thread, and in all."""
    times: tuple[list[float], list[float]] = [], []
    for path in paths:
        await scene.playlists.soon(path)
    for _ in range(ROUNDS):
        taken = [0, 0]
        for _ in range(INSTANTS):
            scene.pass_time(2)
            began = time.thread_time_ns(), time.process_time_ns()
            for path in paths:
                await scene.playlists.soon(path)
            taken[0] += time.thread_time_ns() - began[0]
            taken[1] += time.process_time_ns() - began[1]
        for kept, value in zip(times, taken, strict=True):
            kept.append(value / 1000 / INSTANTS / len(paths))
    return times


def _micros(work: Callable[[], None], scene: Scene) -> list[float]:
    """Return the microseconds that some work took at instants that lie a segment apart, by rounds.

    Nothing can be kept from one instant to the next: each time another window is due.
    """
    times = []
    for _ in range(ROUNDS):
        taken = 0
        for _ in range(INSTANTS):
            scene.pass_time(2)
            began = time.thread_time_ns()
            work()
            taken += time.thread_time_ns() - began
        times.append(taken / 1000 / INSTANTS)
    return times

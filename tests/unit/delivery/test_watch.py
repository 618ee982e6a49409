"""The whole watch over what is served: silent about what is right, whatever is edited, and not blind.

A scene is started, edited and stopped at random while a viewer and the patrol look at it.
"""

import random
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs
from tests.support.depth import by_depth
from tests.support.scene import CHANNEL_RUNGS, FILM, Scene

from insta_stream.channels.channel import Channel
from insta_stream.delivery import view
from insta_stream.delivery.http import Refusal
from insta_stream.delivery.page import Page
from insta_stream.delivery.patrol import Look, Patrol
from insta_stream.delivery.view import View
from insta_stream.errors import InstaStreamError, Unknown
from insta_stream.ids import BroadcastId, ChannelSlug, EntryId
from insta_stream.ticks import Ticks, seconds
from insta_stream.timeline import edit as edit_module
from insta_stream.timeline import window as window_module
from insta_stream.timeline.cut import Cut, Seam, cut
from insta_stream.timeline.edit import (
    Edit,
    Pause,
    Rearrange,
    Refresh,
    Resize,
    Resume,
    Skip,
    Start,
    Stop,
)
from insta_stream.timeline.program import Program
from insta_stream.timeline.timeline import Broadcast, Entry, Timeline
from insta_stream.timeline.window import MIN_TARGETS, Window, window

opening_seam = edit_module._opening_seam
render = View.render

MAIN = ChannelSlug("main")
ENOUGH = 400
PAUSES = (0.0, 0.0, 0.01, 0.3, 1.0, 1.9, 2.0, 3.7, 6.0, 31.0)
STORING = (0.0, 0.0, 0.02, 0.4, 1.9)
MEMORY = 600
"""After how many seconds runs are forgotten, as by the janitor: no playlist of theirs is served any more."""


class Watched:
    """A scene, and those who look at it. holds_edge: whether the edge is held while an edit is stored."""

    def __init__(self, seed: int, *, holds_edge: bool) -> None:
        self.dice = random.Random(seed)  # noqa: S311 - repeatable
        self.scene = scene = Scene()
        self.patrol = Patrol(self, scene.playlists, scene.clock, scene.audit, scene.metrics)
        self.seen: Look | None = None
        self.count = 0
        self.holds_edge = holds_edge

    def get(self, slug: str) -> Channel:
        return self.scene.get(slug)

    def all(self) -> tuple[Channel, ...]:
        return (self.scene.channel,)

    async def live(self, edits: int) -> None:
        """Let time pass, edits happen, and everybody look, in any order."""
        for _ in range(edits):
            self.scene.pass_time(self.dice.choice(PAUSES))
            await self._look()
            self._edit(self._choice())
            await self._look()

    async def _look(self) -> None:
        if self.dice.random() < 0.6:
            self._view()
        if self.dice.random() < 0.6:
            self.seen, _ = await self.patrol.look(MAIN, self.seen)

    def _view(self) -> None:
        """Ask for all rungs of all broadcasts, as viewers who came at any time."""
        for broadcast in self.scene.channel.broadcasts:
            for rung in CHANNEL_RUNGS:
                try:
                    self.scene.playlists.page(f"/stream/main/{broadcast}/{rung.name}.m3u8")
                except (Refusal, Unknown, ZeroDivisionError):  # early, over, or broken
                    continue

    def _choice(self) -> Edit:
        """Return an edit that makes sense, most often."""
        self.count += 1
        timeline = self.scene.channel.timeline
        if timeline.state == "off":
            start = Start(BroadcastId(f"{self.count:012}"))
            return self.dice.choice((start, start, start, self._rearranged(timeline)))
        pause = Resume() if timeline.state == "paused" else Pause()
        resize = Resize(seconds(self.dice.choice((12, 30, 60))))
        rearrange = self._rearranged(timeline)
        return self.dice.choice((Stop(), Skip(), Skip(), Refresh(), pause, resize, rearrange))

    def _rearranged(self, timeline: Timeline) -> Edit:
        number = self.dice.randrange(3)
        added = tuple(Entry(EntryId(f"{self.count:030}{n:02}"), FILM.video) for n in range(number))
        return Rearrange((*timeline.entries[-2:], *added))

    def _edit(self, edit: Edit) -> None:
        """Edit as the editor does: what is about to change is not listed until it is stored."""
        self.scene.forget(seconds(MEMORY))
        before = self.scene.channel
        try:
            change = self.scene.edit(edit)
        except InstaStreamError:  # not in this state
            return
        after = self.scene.channel
        self.scene.channel = before
        self.scene.held_at = change.cut if self.holds_edge else None
        self.scene.pass_time(self.dice.choice(STORING))
        self._view()
        self.scene.channel, self.scene.held_at = after, None

    def alarms(self) -> set[str]:
        """Return the rules that are said to be broken."""
        text = self.scene.metrics.render().decode()
        found = re.findall(
            r'^insta_stream_playlist_violations_total\{code="(.*)"\} (\S+)$', text, re.MULTILINE
        )
        return {code for code, count in found if float(count)}


async def is_found(code: str, *, holds_edge: bool = True) -> bool:
    """Return whether a rule is said to be broken before too many edits."""
    watched = Watched(400, holds_edge=holds_edge)
    with capture_logs() as lines:
        while code not in watched.alarms() and watched.count < ENOUGH:
            await watched.live(10)
    assert [line for line in lines if line["event"] == "audit_failed"] == []
    return code in watched.alarms()


async def test_edits_at_any_moment_raise_no_alarm() -> None:
    watched = Watched(2, holds_edge=True)
    await watched.live(by_depth(150, 3000))
    assert watched.alarms() == set()


async def test_an_edge_that_is_not_held_while_an_edit_is_stored_is_found() -> None:
    assert await is_found("TIMELINE", holds_edge=False)


def without_horizon(timeline: Timeline, now: Ticks) -> Cut:
    return cut(replace(timeline, horizon=Ticks(-seconds(6))), now)


def without_floor(timeline: Timeline, broadcast: Broadcast, edge: Ticks) -> Ticks:
    present = [change.length for change in broadcast.windows if change.since <= edge][-1]
    return Ticks(edge - max(present, MIN_TARGETS * timeline.target))


def in_the_future(timeline: Timeline, broadcast: BroadcastId, now: Ticks, **limits: Any) -> Window:
    return window(timeline, broadcast, Ticks(now + seconds(9)), **limits)


def standing_still(timeline: Timeline, broadcast: BroadcastId, now: Ticks, **_: Any) -> Window:
    return window(timeline, broadcast, min(now, timeline.committed_at))


def far_away(timeline: Timeline, broadcast: BroadcastId, _lead: Ticks, now: Ticks) -> Seam:
    return opening_seam(timeline, broadcast, Ticks(-seconds(90)), now)


def one_rung_numbered_otherwise(view_: View, rung: str) -> Page:
    moved = tuple(each._replace(msn=each.msn + 1) for each in view_.window.segments)
    other = replace(view_, window=replace(view_.window, segments=moved))
    return render(other if rung == "480p" else view_, rung)


def longer(view_: View, rung: str) -> Page:
    return Page(render(view_, rung).plain.decode().replace("#EXTINF:2.", "#EXTINF:3."), 1)


def renamed(view_: View, rung: str) -> Page:
    """Name segments by when they are asked for."""
    newest = str(view_.window.segments[-1].msn)
    return Page(render(view_, rung).plain.decode().replace("/media/", f"/{newest}/"), 1)


def broken(_view: View, _rung: str) -> Page:
    raise ZeroDivisionError


def forget_numbers(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Timeline, "last", lambda _: None)
    patch.setattr(edit_module, "NUMBERS_PER_SECOND", 0)


MUTANTS: dict[str, tuple[str, Callable[[pytest.MonkeyPatch], None]]] = {
    "no horizon": ("TIMELINE", lambda patch: patch.setattr(edit_module, "cut", without_horizon)),
    "no floor": ("TIMELINE", lambda patch: patch.setattr(window_module, "_reach", without_floor)),
    "tags are not counted": (
        "DSEQ-CHANGED",
        lambda patch: patch.setattr(Program, "tags_through", lambda *_: 0),
    ),
    "numbers begin again": ("MSN-BACK", forget_numbers),
    "ahead of time": ("PDT-FUTURE", lambda patch: patch.setattr(view, "window", in_the_future)),
    "stands still": ("STALE", lambda patch: patch.setattr(view, "window", standing_still)),
    "never begins": ("PLAYLIST-HTTP", lambda patch: patch.setattr(edit_module, "_opening_seam", far_away)),
    "fails": ("PLAYLIST-HTTP", lambda patch: patch.setattr(View, "render", broken)),
    "one rung differs": (
        "ALIGN-MSN",
        lambda patch: patch.setattr(View, "render", one_rung_numbered_otherwise),
    ),
    "too long": ("TD-EXCEEDED", lambda patch: patch.setattr(View, "render", longer)),
    "addresses change": ("SEG-URI-CHANGED", lambda patch: patch.setattr(View, "render", renamed)),
}


@pytest.mark.parametrize("mutant", MUTANTS)
async def test_a_mistake_is_found(mutant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    code, mutate = MUTANTS[mutant]
    mutate(monkeypatch)
    assert await is_found(code)

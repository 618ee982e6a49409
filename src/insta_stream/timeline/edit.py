"""Edits: every change of a timeline, and the cut at which it acts.

An edit never touches what is committed: segments that end no later than the clock plus the horizon. The
*cut* is the start of the first segment after them. Each edit decides which place of the playlist airs at
the cut, and the timeline is planned anew from there; what stood up to the cut stays, number for number.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import assert_never

from insta_stream.errors import WrongState
from insta_stream.ids import BroadcastId, EntryId, VideoId
from insta_stream.ticks import TICKS_PER_SECOND, Ticks
from insta_stream.timeline.airings import first_difference
from insta_stream.timeline.cut import Cut, Seam, cut, runs_until
from insta_stream.timeline.place import carried, chosen, rearranged, successor, survivor
from insta_stream.timeline.plan import PATIENCE, Slate, Stretch, index_of, locate, plan
from insta_stream.timeline.playable import Playable
from insta_stream.timeline.run import Position
from insta_stream.timeline.timeline import Broadcast, Entry, Timeline, WindowChange

LEAD_SEGMENTS = 6
LEAD_TARGETS = 3
"""A broadcast opens as if at least this many segments and target durations had just aired."""

BEGINNING = Ticks(0)
"""Of a video."""

NUMBERS_PER_SECOND = 2
"""How fast the floor of the numbers of a new broadcast rises.

A broadcast begins at max(last number + 1, floor). Segments last a second or more, so what was ever served
stays behind this floor, whatever the database has forgotten; at one per second it would not, because of the
back-fill.
"""


@dataclass(frozen=True, slots=True)
class Start:
    """Go on the air, as `broadcast`. is_paused: with the slate, the place in the playlist held."""

    broadcast: BroadcastId
    is_paused: bool = False


@dataclass(frozen=True, slots=True)
class Stop:
    """Go off the air."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Show the slate and hold the place in the playlist."""


@dataclass(frozen=True, slots=True)
class Resume:
    """Go on with the place that is held."""


@dataclass(frozen=True, slots=True)
class Skip:
    """Go on with the next entry."""


@dataclass(frozen=True, slots=True)
class Jump:
    """Go on with an entry. offset: how far into its video; the segment that holds it is the first to air."""

    entry: EntryId
    offset: Ticks = BEGINNING


@dataclass(frozen=True, slots=True)
class Rearrange:
    """Change the playlist: add, remove, reorder, clear, undo, or all at once. `entries`: the new list."""

    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Refresh:
    """Plan anew what is not committed, because what can be aired has changed."""


@dataclass(frozen=True, slots=True)
class Resize:
    """Let playlists reach back `window`, from now on and in later broadcasts; all else as with Refresh."""

    window: Ticks


Edit = Start | Stop | Pause | Resume | Skip | Jump | Rearrange | Refresh | Resize


@dataclass(frozen=True, slots=True)
class Change:
    """What an edit made.

    effective_at: the instant from which on something else airs than before (the cut where nothing does).
    cut: up to here the timeline is what it was. back: the jump that takes a skip or a jump back: to what
    would have aired from the cut on, and as far into it; None where that is nothing of the playlist, or what
    airs anyway.
    """

    timeline: Timeline
    effective_at: Ticks
    cut: Ticks
    back: Jump | None = None


@dataclass(frozen=True, slots=True)
class Material:
    """What can be aired at the moment of an edit."""

    catalogue: Mapping[VideoId, Playable]
    slate: Playable | None


def apply(
    timeline: Timeline,
    edit: Edit,
    catalogue: Mapping[VideoId, Playable],
    slate: Playable | None,
    now: Ticks,
) -> Change:
    """Return the timeline after an edit, and when it shows.

    catalogue: what can be aired of the videos in the playlist; what is missing there is passed over. A
    clock that is earlier than the last edit's holds at it. Raises WrongState and Unknown.
    """
    now = max(now, timeline.committed_at)
    timeline = replace(timeline, committed_at=now)
    material = Material(catalogue, slate)
    match edit:
        case Start():
            return _start(timeline, edit, material, now)
        case Resize(window):
            return _resize(apply(timeline, Refresh(), catalogue, slate, now), window, now)
        case Stop():
            return _stop(timeline, now)
        case Pause():
            return _pause(timeline, material, now)
        case Resume():
            return _resume(timeline, material, now)
        case Skip() | Jump():
            return _steer(timeline, edit, material, now)
        case Rearrange() | Refresh():
            if timeline.state == "on":
                return _edit_on_air(timeline, edit, material, cut(timeline, now))
            return _edit_held(timeline, edit, material, now)
        case _:
            assert_never(edit)


def _start(timeline: Timeline, edit: Start, material: Material, now: Ticks) -> Change:
    broadcast = edit.broadcast
    if timeline.state != "off":
        raise WrongState("The channel is already on air.")
    if any(known.id == broadcast for known in timeline.broadcasts):
        raise WrongState("A broadcast cannot begin twice.")
    slate = Slate(material.slate)
    if edit.is_paused:
        stretches: tuple[Stretch, ...] = (slate.stretch(None),)
    else:
        stretches = plan(timeline.entries, timeline.held, material.catalogue, slate)
    lead = _lead(stretches[0], timeline.target)
    opens_with_slate = lead is None
    if lead is None:
        stretches = (slate.stretch(None),)
        lead = _lead(stretches[0], timeline.target)
        assert lead is not None, "the slate repeats for ever"
    seam = _opening_seam(timeline, broadcast, lead, now)
    opened = Broadcast(broadcast, seam.at, now, (WindowChange(seam.at, timeline.window),))
    started = replace(
        timeline,
        state="paused" if edit.is_paused else "on",
        held=timeline.held if edit.is_paused else None,
        directed_at=None,
        broadcasts=(*timeline.broadcasts, opened),
        runs=(*timeline.runs, *seam.attach(stretches)),
    )
    if opens_with_slate:
        at = cut(started, now)
        started = _replan(replace(started, directed_at=at.at), at, timeline.held, material)
    return Change(started, effective_at=max(now, seam.at), cut=seam.at)


def _opening_seam(timeline: Timeline, broadcast: BroadcastId, lead: Ticks, now: Ticks) -> Seam:
    """Return where a broadcast begins: before now but after all that aired; its numbers exceed all before."""
    floor = (now - timeline.epoch) * NUMBERS_PER_SECOND // TICKS_PER_SECOND
    last = timeline.last()
    if last is None:
        return Seam(broadcast, Ticks(now - lead), floor, max(1, floor))
    starts_at = max(Ticks(now - lead), last.ends_at)
    return Seam(broadcast, starts_at, max(last.msn + 1, floor), max(last.discontinuity + 1, floor))


def _lead(stretch: Stretch, target: Ticks) -> Ticks | None:
    """Return how long the opening of a stretch must be, in whole segments; None when the stretch is too
    short.
    """
    program, enter = stretch.program, stretch.enter
    begin = program.offset(enter)
    by_length = program.index_at(Ticks(begin + LEAD_TARGETS * target - 1)) + 1
    lead = Ticks(program.offset(max(enter + LEAD_SEGMENTS, by_length)) - begin)
    return lead if stretch.length is None or lead <= stretch.length else None


def _stop(timeline: Timeline, now: Ticks) -> Change:
    at = cut(timeline, now)
    place = timeline.held if timeline.state == "paused" else at.place
    broadcast = replace(timeline.broadcasts[-1], ends_at=at.at)
    stopped = replace(
        timeline,
        state="off",
        held=None if place is None else Position(place.entry, 0),
        runs=runs_until(timeline, at.at),
        broadcasts=timeline.broadcasts[:-1] if at.before is None else (*timeline.broadcasts[:-1], broadcast),
    )
    return Change(stopped, at.at, at.at)


def _pause(timeline: Timeline, material: Material, now: Ticks) -> Change:
    if timeline.state != "on":
        raise WrongState("Only a channel that is playing can be paused.")
    at = cut(timeline, now)
    paused = replace(timeline, state="paused", held=at.place)
    return _changed(timeline, _replan(paused, at, None, material), at)


def _resume(timeline: Timeline, material: Material, now: Ticks) -> Change:
    if timeline.state != "paused":
        raise WrongState("Only a channel that is paused can be resumed.")
    at = cut(timeline, now)
    resumed = replace(timeline, state="on", held=None, directed_at=at.at)
    return _changed(timeline, _replan(resumed, at, timeline.held, material), at)


def _resize(planned: Change, window: Ticks, now: Ticks) -> Change:
    """Change the window as well: settings that are changed together, as the slate, act together."""
    timeline = planned.timeline
    since = Ticks(now + timeline.horizon)
    resized = replace(timeline, window=window)
    if timeline.broadcast is not None:
        broadcast = timeline.broadcast
        windows = (*broadcast.windows, WindowChange(since, window))
        broadcasts = (*timeline.broadcasts[:-1], replace(broadcast, windows=windows))
        resized = replace(resized, broadcasts=broadcasts)
    return Change(resized, since, min(planned.cut, since))


def _edit_on_air(
    timeline: Timeline, edit: Skip | Jump | Rearrange | Refresh, material: Material, at: Cut
) -> Change:
    """Change what airs from the cut on."""
    edited, place = timeline, carried(at, timeline, material.catalogue)
    match edit:
        case Skip():
            edited = replace(timeline, directed_at=at.at)
            if timeline.directed_at == at.at or not at.is_border:
                place = successor(timeline.entries, place, material.catalogue)
        case Jump():
            edited = replace(timeline, directed_at=at.at)
            place = chosen(timeline, edit.entry, edit.offset, material.catalogue)
        case Rearrange(entries):
            edited = replace(timeline, entries=entries)
            place, is_directed = rearranged(timeline, entries, at, place)
            if is_directed:
                edited = replace(edited, directed_at=at.at)
        case Refresh():
            place, _ = rearranged(timeline, timeline.entries, at, place)
    return _changed(timeline, _replan(edited, at, place, material), at)


def _edit_held(
    timeline: Timeline, edit: Skip | Jump | Rearrange | Refresh, material: Material, now: Ticks
) -> Change:
    """Move the held position; nothing on the air changes, except the slate itself."""
    edited = timeline
    match edit:
        case Skip():
            # Where nothing is held, or what is held cannot air, the channel would begin elsewhere: skip that.
            begins = locate(timeline.entries, timeline.held, material.catalogue) or timeline.held
            edited = replace(timeline, held=successor(timeline.entries, begins, material.catalogue))
        case Jump():
            edited = replace(timeline, held=chosen(timeline, edit.entry, edit.offset, material.catalogue))
        case Rearrange(entries):
            edited = replace(timeline, entries=entries, held=survivor(timeline, entries, timeline.held))
        case Refresh():
            pass
    if timeline.state == "off":
        return Change(edited, now, now)
    at = cut(timeline, now)
    return _changed(timeline, _replan(edited, at, None, material), at)


def _steer(timeline: Timeline, edit: Skip | Jump, material: Material, now: Ticks) -> Change:
    if timeline.state == "on":
        at = cut(timeline, now)
        change = _edit_on_air(timeline, edit, material, at)
        is_other = change.timeline.runs is not timeline.runs
        return replace(change, back=_back_on_air(timeline, at) if is_other else None)
    change, back = _edit_held(timeline, edit, material, now), _back_held(timeline, material)
    return replace(change, back=back if back != _back_held(change.timeline, material) else None)


def _back_on_air(timeline: Timeline, at: Cut) -> Jump | None:
    """Return the jump to what airs from the cut on, unless it is the slate."""
    if at.place is None or at.after.slot.is_slate or index_of(timeline.entries, at.place) is None:
        return None
    return Jump(at.place.entry, at.after.slot.table.start(at.place.segment))


def _back_held(timeline: Timeline, material: Material) -> Jump | None:
    """Return the jump to what the channel would go on with."""
    place = locate(timeline.entries, timeline.held, material.catalogue)
    index = index_of(timeline.entries, place)
    if place is None or index is None:
        return None
    return Jump(place.entry, material.catalogue[timeline.entries[index].video].table.start(place.segment))


def _replan(edited: Timeline, at: Cut, place: Position | None, material: Material) -> Timeline:
    """Return the timeline with everything from the cut on planned anew, from `place`."""
    slate = _slate_at(at, place, material)
    if edited.state == "paused":
        stretches: tuple[Stretch, ...] = (slate.stretch(None),)
    else:
        stretches = plan(edited.entries, place, material.catalogue, slate)
    return replace(edited, runs=(*runs_until(edited, at.at), *at.seam.attach(stretches)))


def _slate_at(at: Cut, place: Position | None, material: Material) -> Slate:
    """Return the slate, going on where it already airs before the cut; a wait that goes on keeps its end."""
    enter, patience = 0, PATIENCE
    before = at.before
    slate = material.slate
    if slate is not None and before is not None and before.slot.is_slate and before.package == slate.package:
        enter = (before.number + 1) % slate.table.count
    if at.run.slate_then is not None and at.run.slate_then == place and at.run.ends_at is not None:
        patience = Ticks(at.run.ends_at - at.at)
    return Slate(slate, enter, patience)


def _changed(old: Timeline, new: Timeline, at: Cut) -> Change:
    """Say when a change shows. Where nothing airs otherwise, the runs stay as they were."""
    difference = first_difference(old, new, at.at)
    if difference is None:
        return Change(replace(new, runs=old.runs), at.at, at.at)
    return Change(new, difference, at.at)

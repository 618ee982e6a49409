"""A walk through the time to come finds nothing in a sound channel, and what is wrong in a broken one."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.support.scene import FILM, SLATE, Scene

from insta_stream.channels.channel import Channel
from insta_stream.ids import PackageId
from insta_stream.simulation.walk import Walk, walk
from insta_stream.ticks import Ticks, seconds
from insta_stream.timeline.edit import Pause, Resume, Skip
from insta_stream.timeline.program import Program
from insta_stream.timeline.run import Run, Segment

HOUR = seconds(3600)


def everything(_package: PackageId, _rendition: str) -> int:
    return max(FILM.table.count, SLATE.table.count)


@pytest.fixture
def scene() -> Scene:
    return Scene.on_air()


def walked(scene: Scene, channel: Channel | None = None, *, hours: int = 1) -> Walk:
    return walk(channel or scene.channel, scene.now, Ticks(scene.now + hours * HOUR), everything)


def test_a_sound_channel_keeps_every_promise_for_a_day(scene: Scene) -> None:
    found = walked(scene, hours=24)
    assert found.counts == {}
    assert found.windows > 24 * 3600 / 30
    assert 0 < found.rendered < found.windows


def test_runs_that_edits_have_made_are_walked_through_too(scene: Scene) -> None:
    begin = scene.now
    for edit in (Skip(), Pause(), Resume(), Skip()):
        scene.pass_time(7)
        scene.edit(edit)
    assert len(scene.channel.timeline.runs) > 3
    assert walk(scene.channel, begin, Ticks(begin + HOUR), everything).counts == {}


def test_a_run_whose_numbers_leave_some_out_is_found(scene: Scene) -> None:
    scene.pass_time(60)
    scene.edit(Skip())
    *others, last = scene.channel.timeline.runs
    wrong = replace(last, first_msn=last.first_msn + 5)
    timeline = replace(scene.channel.timeline, runs=(*others, wrong))
    assert "MSN-GAP" in walked(scene, replace(scene.channel, timeline=timeline)).counts


def test_a_run_whose_discontinuity_numbers_are_wrong_is_found(scene: Scene) -> None:
    scene.pass_time(60)
    scene.edit(Skip())
    *others, last = scene.channel.timeline.runs
    wrong = replace(last, first_discontinuity=last.first_discontinuity + 1)
    timeline = replace(scene.channel.timeline, runs=(*others, wrong))
    assert "DSEQ-CHANGED" in walked(scene, replace(scene.channel, timeline=timeline)).counts


def test_a_loop_that_forgets_its_tag_is_found(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Run.segments

    def untagged(run: Run, first: int, stop: int) -> Iterator[Segment]:
        return (segment._replace(is_tagged=False) for segment in whole(run, first, stop))

    monkeypatch.setattr(Run, "segments", untagged)
    assert "DSEQ-CHANGED" in walked(scene).counts


def test_laps_that_are_not_counted_are_found(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Program, "tags_through", lambda _program, _lap, number: number + 1)
    assert walked(scene).counts


def test_segments_longer_than_the_target_duration_are_found(scene: Scene) -> None:
    timeline = replace(scene.channel.timeline, target=seconds(1))
    assert "TD-EXCEEDED" in walked(scene, replace(scene.channel, timeline=timeline)).counts


def test_a_segment_that_is_gone_is_named(scene: Scene) -> None:
    found = walk(scene.channel, scene.now, Ticks(scene.now + HOUR), lambda _package, _rendition: 3)
    assert set(found.counts) == {"SEGMENT-GONE"}
    assert f"{FILM.package}/720p/3.ts" in {violation.message.split()[0] for _, violation in found.first}

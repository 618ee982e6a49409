"""The walk: what it finds on a channel that nobody watches."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.support.scene import CHANNEL_RUNGS, Scene

from insta_stream.channels.channel import Channel
from insta_stream.delivery import patrol
from insta_stream.delivery.http import Refusal
from insta_stream.delivery.page import Page
from insta_stream.delivery.patrol import SHARE, Look, Patrol
from insta_stream.delivery.view import Early, View, look, patience
from insta_stream.ids import BroadcastId, ChannelSlug, PackageId
from insta_stream.ticks import Ticks, seconds
from insta_stream.timeline.edit import Start, Stop
from insta_stream.timeline.timeline import Timeline

MAIN = ChannelSlug("main")


class Stage:
    """Serves what a scene serves, with one mistake in it."""

    def __init__(self) -> None:
        self.scene = Scene.on_air()
        self.scene.pass_time(45)
        self.mistake: Callable[[View], View] = lambda view: view
        self.patrol = Patrol(self, self, self.scene.clock, self.scene.audit, self.scene.metrics)

    def get(self, slug: str) -> Channel:
        return self.scene.get(slug)

    def all(self) -> tuple[Channel, ...]:
        return (self.scene.channel,)

    def glance(self, channel: Channel, broadcast: BroadcastId) -> View:
        return self.mistake(look(channel, broadcast, self.scene.edge(channel)))

    async def sleep(self, duration: float) -> None:
        self.scene.pass_time(duration)

    async def look(self, before: Look | None = None) -> Look | None:
        found, _ = await self.patrol.look(MAIN, before)
        return found

    @property
    def found(self) -> str:
        worst = self.scene.audit.worst
        return "" if worst is None else worst.violation.code


@pytest.fixture
def stage() -> Stage:
    return Stage()


async def test_all_rungs_are_looked_at_and_nothing_is_found_in_what_is_right(stage: Stage) -> None:
    first = await stage.look()
    assert first is not None
    assert list(first.pages) == [rung.name for rung in CHANNEL_RUNGS]
    stage.scene.pass_time(2)
    await stage.look(first)
    assert stage.found == ""
    assert 0 <= stage.patrol.lags[MAIN] < 2
    assert 'playlists_audited_total{by="walk"} 2.0' in stage.scene.metrics.render().decode()


def older(view: View) -> View:
    return replace(view, window=replace(view.window, segments=view.window.segments[:-4]))


def misnumbered(view: View) -> View:
    moved = tuple(each._replace(msn=each.msn - 50) for each in view.window.segments)
    return replace(view, window=replace(view.window, segments=moved))


def longer(view: View) -> View:
    first, *rest = view.window.segments
    return replace(
        view, window=replace(view.window, segments=(first._replace(duration=Ticks(2_000_000)), *rest))
    )


def repackaged(view: View) -> View:
    moved = tuple(
        each._replace(slot=replace(each.slot, package=PackageId("f" * 32))) for each in view.window.segments
    )
    return replace(view, window=replace(view.window, segments=moved))


def other_rung(view: View) -> View:
    page = view.render("480p").plain.replace(
        b"#EXT-X-DISCONTINUITY-SEQUENCE:", b"#EXT-X-DISCONTINUITY-SEQUENCE:9"
    )
    return replace(view, pages={"480p": Page(page.decode(), 1)})


def failing(_: View) -> View:
    raise ZeroDivisionError


def refusing(_: View) -> View:
    raise Refusal(404, "unknown", "There is no such playlist.")


@pytest.mark.parametrize(
    ("mistake", "code"),
    [
        (older, "STALE"),
        (misnumbered, "MSN-BACK"),
        (longer, "TD-EXCEEDED"),
        (repackaged, "SEG-URI-CHANGED"),
        (other_rung, "ALIGN-DSEQ"),
        (failing, "PLAYLIST-HTTP"),
        (refusing, "PLAYLIST-HTTP"),
    ],
)
async def test_a_mistake_is_found(stage: Stage, mistake: Callable[[View], View], code: str) -> None:
    before = await stage.look()
    assert stage.found == ""
    stage.mistake = mistake
    stage.scene.pass_time(1)
    await stage.look(before)
    await stage.look()
    text = stage.scene.metrics.render().decode()
    assert f'insta_stream_playlist_violations_total{{code="{code}"}} 0.0' not in text
    assert f'insta_stream_playlist_violations_total{{code="{code}"}} ' in text


async def test_numbers_that_went_back_since_the_last_round_are_found_across_broadcasts(stage: Stage) -> None:
    await stage.look()
    stage.scene.edit(Stop())
    stage.scene.pass_time(100)
    assert await stage.look() is None
    stage.scene.edit(Start(BroadcastId("ba9876543210")))
    stage.scene.pass_time(40)
    await stage.look()
    assert stage.found == ""
    stage.mistake = misnumbered
    await stage.look()
    assert stage.found == "MSN-BACK"


async def test_another_channel_of_the_same_name_has_numbers_of_its_own(stage: Stage) -> None:
    await stage.look()
    stage.scene.channel = replace(stage.scene.channel, created_at=stage.scene.now)
    stage.mistake = misnumbered
    await stage.look()
    assert stage.found == ""


async def test_a_broadcast_that_has_just_begun_has_time(stage: Stage) -> None:
    stage.scene.edit(Stop())
    stage.scene.edit(Start(BroadcastId("ba9876543210")))
    assert await stage.look() is None
    assert stage.found == ""


async def test_it_has_more_time_where_more_is_frozen(stage: Stage) -> None:
    frozen = replace(stage.scene.channel.timeline, horizon=seconds(30))
    stage.scene.channel = replace(stage.scene.channel, timeline=frozen)
    stage.scene.edit(Stop())
    stage.scene.edit(Start(BroadcastId("ba9876543210")))
    assert await stage.look() is None
    assert stage.found == ""


async def test_a_broadcast_that_shows_nothing_when_it_should_is_found(stage: Stage) -> None:
    stage.scene.edit(Stop())
    stage.scene.edit(Start(BroadcastId("ba9876543210")))
    stage.scene.held_at = stage.scene.now  # for too long
    for _ in range(3):
        assert await stage.look() is None
        assert stage.found == ""
        stage.scene.pass_time(2)
    stage.scene.pass_time(2)
    assert await stage.look() is None
    assert stage.found == "PLAYLIST-HTTP"


async def test_each_broadcast_has_time_of_its_own(stage: Stage) -> None:
    for broadcast in ("a" * 12, "b" * 12, "c" * 12):
        stage.scene.edit(Stop())
        stage.scene.edit(Start(BroadcastId(broadcast)))
        assert await stage.look() is None
        stage.scene.pass_time(4)
        assert stage.found == ""


async def test_a_broadcast_that_is_due_in_the_distant_future_is_found_at_once(stage: Stage) -> None:
    def late(view: View) -> View:
        raise Early(Ticks(stage.scene.now + seconds(60)), patience(view.channel.timeline))

    stage.mistake = late
    assert await stage.look() is None
    assert stage.found == "PLAYLIST-HTTP"


async def test_what_is_right_again_is_over(stage: Stage) -> None:
    before = await stage.look()
    stage.mistake = misnumbered
    await stage.look(before)
    assert stage.scene.audit.broken() == {MAIN}
    stage.mistake = lambda view: view
    stage.scene.pass_time(2)
    right = await stage.look()
    assert stage.scene.audit.broken() == {MAIN}, "one look shows no refresh"
    stage.scene.pass_time(2)
    await stage.look(right)
    assert stage.scene.audit.broken() == set()


async def test_what_is_off_the_air_is_broken_no_more(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.mistake = failing
    await stage.look()
    assert stage.scene.audit.broken() == {MAIN}
    stage.scene.edit(Stop())
    monkeypatch.setattr(asyncio, "sleep", stage.sleep)
    await stage.patrol.round()
    assert stage.scene.audit.broken() == set()


async def test_what_is_broken_is_visited_with_every_group(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    slugs = [ChannelSlug(name) for name in ("main", "second", "third")]
    channels = {slug: replace(stage.scene.channel, slug=slug) for slug in slugs}
    visited: list[ChannelSlug] = []

    async def look(slug: ChannelSlug, _: Look | None) -> tuple[Look | None, float]:
        visited.append(slug)
        return None, 0.0

    monkeypatch.setattr(stage, "all", lambda: tuple(channels.values()))
    monkeypatch.setattr(stage.patrol, "look", look)
    monkeypatch.setattr(patrol, "GROUP", 1)
    monkeypatch.setattr(asyncio, "sleep", stage.sleep)
    stage.scene.audit.note(slugs[1], patrol.PLAYLIST_HTTP.broken("it is so"), stage.scene.now)
    await stage.patrol.round()
    assert visited == ["main", "second", "second", "third", "second"]


async def test_a_round_takes_its_share_of_a_core_and_no_more(stage: Stage) -> None:
    shorter = replace(stage.scene.channel.timeline, target=Ticks(7200))
    stage.scene.channel = replace(stage.scene.channel, timeline=shorter)
    began = time.monotonic()
    await stage.patrol.round()
    elapsed = time.monotonic() - began
    text = stage.scene.metrics.render().decode()
    assert 'playlists_audited_total{by="walk"} 2.0' in text
    spent = float(text.rpartition("insta_stream_audit_seconds_total ")[2].partition("\n")[0])
    assert 0 < spent <= elapsed * SHARE * 1.01


async def test_others_have_their_turn_while_many_channels_are_gone_through(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Counted:
        """A channel off the air that counts who asks for it."""

        def __init__(self, number: int) -> None:
            self.slug = ChannelSlug(f"channel-{number}")

        @property
        def timeline(self) -> Timeline:
            nonlocal visited
            visited += 1
            return stage.scene.channel.timeline

    visited, most, turns = 0, 0, 0

    async def watch() -> None:
        nonlocal visited, most, turns
        while True:
            most, visited, turns = max(most, visited), 0, turns + 1
            await asyncio.sleep(0)

    stage.scene.edit(Stop())
    channels = tuple(Counted(number) for number in range(1000))
    monkeypatch.setattr(stage, "all", lambda: channels)
    for channel in channels:
        stage.patrol.lags[channel.slug] = 1.0
    watching = asyncio.create_task(watch())
    assert await stage.patrol._on_air() == {}
    await stage.patrol._forget_others({})
    watching.cancel()
    assert most == patrol.GROUP
    assert turns >= 2 * 1000 / patrol.GROUP
    assert stage.patrol.lags == {}


async def test_of_several_processes_one_walks_and_each_sees_what_it_found_itself_to_its_end(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    leads = False
    scene, visited = stage.scene, list[ChannelSlug]()
    walk = Patrol(stage, stage, scene.clock, scene.audit, scene.metrics, lambda: leads)
    look = walk.look

    async def noted(slug: ChannelSlug, before: Look | None) -> tuple[Look | None, float]:
        visited.append(slug)
        return await look(slug, before)

    monkeypatch.setattr(walk, "look", noted)
    monkeypatch.setattr(asyncio, "sleep", stage.sleep)
    await walk.round()
    assert visited == []
    scene.audit.note(ChannelSlug("gone"), patrol.PLAYLIST_HTTP.broken("it is so"), scene.now)
    scene.audit.note(MAIN, patrol.PLAYLIST_HTTP.broken("it is so"), scene.now)
    monkeypatch.setattr(stage, "get", lambda slug: scene.get(slug if slug != "gone" else "nowhere"))
    await walk.round()
    assert visited == [MAIN, MAIN]
    assert scene.audit.broken() == set()
    await walk.round()
    assert visited == [MAIN, MAIN]
    leads = True
    await walk.round()
    assert visited == [MAIN] * 4


@pytest.mark.parametrize("leads", [True, False])
async def test_only_who_walks_tells_how_long_a_round_took(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, leads: bool
) -> None:
    scene, rounds = stage.scene, iter((False, False, True))
    walk = Patrol(stage, stage, scene.clock, scene.audit, scene.metrics, lambda: leads)

    async def go() -> None:
        if next(rounds):
            raise asyncio.CancelledError

    monkeypatch.setattr(walk, "round", go)
    with pytest.raises(asyncio.CancelledError):
        await walk.walk()
    assert (walk.round_seconds > 0) == leads

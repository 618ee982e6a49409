"""When a channel is on standby, why, and when its slate is nothing to worry about."""

import asyncio
from dataclasses import replace

import pytest
from tests.support.shelf import Film, TestShelf
from tests.support.waiting import until
from tests.unit.channels.conftest import Desk, Studio

from insta_stream.channels import standby as module
from insta_stream.channels.channel import Channel
from insta_stream.channels.slug import MAIN
from insta_stream.channels.standby import GRACE, LOOK_AGAIN, Standby, lasting, look_again, slate_since
from insta_stream.library.video import State
from insta_stream.ticks import TICKS_PER_SECOND, Ticks

GRACE_SECONDS = GRACE / TICKS_PER_SECOND


class Asked:
    """Asks about the main channel."""

    def __init__(self, studio: Studio, desk: Desk) -> None:
        self.studio, self.desk = studio, desk

    @property
    def now(self) -> Ticks:
        return self.studio.clock.now()

    @property
    def channel(self) -> Channel:
        return self.desk.channels.get(MAIN)

    def __call__(self) -> Standby | None:
        return module.standby(self.channel, self.studio.shelf, self.now)

    def reason(self) -> str:
        found = self()
        return "" if found is None else found.reason

    def after(self, seconds: float) -> str:
        self.studio.hands.forward(seconds)
        return self.reason()


@pytest.fixture
def asked(studio: Studio, desk: Desk) -> Asked:
    return Asked(studio, desk)


def set_state(shelf: TestShelf, film: Film, state: State, error: str = "") -> None:
    """Let a film be in a state, nothing of it able to air."""
    film.available = 0
    film.video = replace(film.video, state=state, error=error, airable=False)
    shelf.tell(film.video.id)


async def test_an_empty_playlist_is_standby_as_soon_as_viewers_see_the_slate(
    asked: Asked, desk: Desk, studio: Studio
) -> None:
    film = studio.shelf.film("A film")
    await desk.playlists.add(MAIN, [film.video.id])
    assert asked.reason() == ""  # off the air
    await desk.streams.start(MAIN)
    assert asked.after(7) == ""
    await desk.playlists.clear(MAIN)
    assert asked.reason() == ""  # the film is on until the edit shows
    emptied_at = asked.now
    found = asked() if asked.after(4) else None
    assert found is not None
    assert (found.reason, found.message) == ("empty", "Its playlist is empty.")
    assert emptied_at < found.since <= asked.now
    await desk.playlists.add(MAIN, [film.video.id])
    assert asked.reason() == "" == asked.after(4)


async def test_a_channel_that_starts_empty_has_been_on_standby_since_its_start(
    asked: Asked, desk: Desk
) -> None:
    await desk.streams.start(MAIN)
    found = asked()
    assert found is not None
    assert found.since == asked.now


async def test_a_pause_is_no_standby(asked: Asked, desk: Desk) -> None:
    await desk.streams.start(MAIN)
    await desk.streams.pause(MAIN)
    assert asked.reason() == "" == asked.after(600)
    await desk.streams.resume(MAIN)
    assert asked.after(4) == "empty"


async def test_deleted_videos_are_told_from_an_empty_playlist_while_they_can_come_back(
    asked: Asked, desk: Desk, studio: Studio
) -> None:
    film = studio.shelf.film("A film")
    await desk.playlists.add(MAIN, [film.video.id, film.video.id])
    await desk.streams.start(MAIN)
    studio.hands.forward(7)
    studio.shelf.delete(film)
    await until(lambda: asked.channel.timeline.entries == ())
    assert asked.after(4) == "deleted"
    found = asked()
    assert found is not None
    assert found.message == "Its only video was deleted."
    studio.shelf.restore(film)
    await until(lambda: len(asked.channel.timeline.entries) == 2)
    assert asked.after(4) == ""


async def test_what_is_being_encoded_has_a_minute_before_anybody_worries(
    asked: Asked, desk: Desk, studio: Studio
) -> None:
    film = studio.shelf.film("A film", available=0)
    expected_at = Ticks(asked.now + 90 * TICKS_PER_SECOND)
    film.video = replace(film.video, state="packaging", airable=False, airable_at=expected_at)
    await desk.playlists.add(MAIN, [film.video.id])
    await desk.streams.start(MAIN)
    assert asked.reason() == "" == asked.after(GRACE_SECONDS - 0.1)
    assert asked.after(0.1) == "encoding"
    found = asked()
    assert found is not None
    assert (found.message, found.expected_at) == ("“A film” is being encoded.", expected_at)
    studio.shelf.grow(film, 5)
    await until(lambda: not asked.channel.timeline.runs[-1].program.is_slate)
    assert asked.after(4) == ""


async def test_a_gap_that_waits_for_more_of_a_video_is_none_while_it_is_short(
    asked: Asked, desk: Desk, studio: Studio
) -> None:
    film = studio.shelf.film("A film", available=2)
    film.video = replace(film.video, state="packaging")
    await desk.playlists.add(MAIN, [film.video.id])
    await desk.streams.start(MAIN)
    assert asked.after(20) == ""
    assert asked.after(GRACE_SECONDS) == "encoding"  # it stands still


async def test_a_slate_that_ends_by_itself_is_no_standby(asked: Asked, desk: Desk, studio: Studio) -> None:
    film, other = studio.shelf.film("A film", available=2), studio.shelf.film("Another")
    await desk.playlists.add(MAIN, [film.video.id, other.video.id])
    await desk.streams.start(MAIN)
    assert all(asked.after(1) == "" for _ in range(90))


NO_QUALITY = "have no quality that this channel offers"
BROKEN = "“Film 0”: It is damaged."


@pytest.mark.parametrize(
    ("states", "said"),
    [
        (["failed"], ("failed", "“Film 0” failed to encode. It is damaged.")),
        (["ready"], ("no_quality", "“Film 0” has no quality that this channel offers.")),
        (
            ["ready", "ready"],
            (
                "no_quality",
                f"None of its 2 videos is on air: 2 {NO_QUALITY}.",
            ),
        ),
        (
            ["failed", "ready", "ready"],
            (
                "failed",
                f"None of its 3 videos is on air: 1 failed to encode, 2 {NO_QUALITY}. {BROKEN}",
            ),
        ),
        (
            ["failed", "packaging"],
            (
                "encoding",
                f"None of its 2 videos is on air: 1 is being encoded, 1 failed to encode. {BROKEN}",
            ),
        ),
    ],
)
async def test_the_reason_is_what_hinders_the_videos(
    asked: Asked, desk: Desk, studio: Studio, states: list[State], said: tuple[str, str]
) -> None:
    films = [studio.shelf.film(f"Film {number}") for number in range(len(states))]
    for film, state in zip(films, states, strict=True):
        set_state(studio.shelf, film, state, "It is damaged." if state == "failed" else "")
    await desk.playlists.add(MAIN, [film.video.id for film in films])
    await desk.streams.start(MAIN)
    assert asked.reason() == ("" if said[0] == "encoding" else said[0])
    asked.after(GRACE_SECONDS)
    found = asked()
    assert found is not None
    assert (found.reason, found.message) == said
    assert found.remedy


async def test_a_video_that_fails_on_the_air_makes_the_channel_stand_by(
    asked: Asked, desk: Desk, studio: Studio
) -> None:
    film = studio.shelf.film("A film")
    await desk.playlists.add(MAIN, [film.video.id])
    await desk.streams.start(MAIN)
    studio.hands.forward(7)
    set_state(studio.shelf, film, "failed", "Its files are gone.")
    await until(lambda: asked.channel.timeline.runs[-1].program.is_slate)
    assert asked.after(4) == "failed"


async def test_of_a_long_playlist_not_everything_is_looked_at(
    asked: Asked, desk: Desk, studio: Studio
) -> None:
    films = [studio.shelf.film(f"Film {number}") for number in range(module.LOOKED_AT + 1)]
    for film in films:
        set_state(studio.shelf, film, "failed")
    await desk.playlists.add(MAIN, [film.video.id for film in films])
    await desk.streams.start(MAIN)
    found = asked()
    assert found is not None
    assert found.message == "None of its 201 videos is on air: of the first 200, 200 failed to encode."


async def test_the_channels_that_are_left_to_their_slate_are_known_without_a_look_at_all(
    asked: Asked, desk: Desk, studio: Studio
) -> None:
    channels = desk.channels
    assert channels.left_to_slate() == []
    await desk.registry.create("kids", "Kids")
    await desk.streams.start(MAIN)
    await desk.streams.start(channels.get("kids").slug)
    assert {channel.slug for channel in channels.left_to_slate()} == {"main", "kids"}
    assert lasting(channels.left_to_slate(), asked.now) == []
    studio.hands.forward(GRACE_SECONDS)
    assert [channel.slug for _, channel in lasting(channels.left_to_slate(), asked.now)] == ["kids", "main"]
    await desk.streams.pause(MAIN)
    await desk.streams.stop(channels.get("kids").slug)
    assert channels.left_to_slate() == []
    async with studio.open() as again:  # as after a restart
        await again.streams.resume(MAIN)
    async with studio.open() as again:
        assert [channel.slug for channel in again.channels.left_to_slate()] == ["main"]


async def test_who_shows_it_looks_again_where_it_changes_by_itself(
    asked: Asked, desk: Desk, studio: Studio
) -> None:
    await desk.streams.start(MAIN)
    assert look_again(asked.channel.timeline, asked.now) is None  # only an edit changes an empty playlist
    film = studio.shelf.film("A film", available=0)
    await desk.playlists.add(MAIN, [film.video.id])
    await asyncio.sleep(0)
    since = slate_since(asked.channel.timeline, asked.now)
    assert since is not None
    assert look_again(asked.channel.timeline, asked.now) == asked.now + LOOK_AGAIN
    studio.hands.forward(GRACE_SECONDS - 1)
    assert look_again(asked.channel.timeline, asked.now) == since + GRACE
    studio.hands.forward(1)
    assert look_again(asked.channel.timeline, asked.now) == asked.now + LOOK_AGAIN

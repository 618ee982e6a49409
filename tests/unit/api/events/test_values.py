from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import cast

import pytest
from pydantic import BaseModel
from tests.support.rests import Rests
from tests.support.scene import FILM, Scene

from insta_stream.api import views
from insta_stream.api.channel_texts import ChannelTexts
from insta_stream.api.events.values import channels_value, guide_begin
from insta_stream.api.services import Services
from insta_stream.channels.channel import Channel
from insta_stream.ids import ChannelSlug
from insta_stream.ticks import seconds
from insta_stream.timeline.edit import Pause

HOUR = 3600


class Told(BaseModel):
    slug: str


@pytest.mark.parametrize(
    ("hours_on_air", "hours_back"),
    [(0, 6), (5, 6), (7, 1)],  # of a video of 40 seconds, 90 an hour
)
def test_a_guide_goes_back_as_far_as_leaves_room_for_what_is_to_come(
    hours_on_air: int, hours_back: int
) -> None:
    scene = Scene.on_air()
    scene.pass_time(hours_on_air * HOUR)
    assert scene.now - guide_begin(scene.channel.timeline, scene.now) == seconds(hours_back * HOUR)


@dataclass
class Hall:
    """Channels that all show the film of a scene. told: those that were written, in that order."""

    scene: Scene
    told: list[str]
    texts: ChannelTexts
    services: Services
    channels: list[Channel]
    film: list[object]

    def read(self) -> dict[str, str]:
        self.told.clear()
        value, _ = channels_value(self.services, ChannelSlug(""), texts=self.texts, among=None)
        return dict(value.members)


@pytest.fixture
def hall(monkeypatch: pytest.MonkeyPatch) -> Hall:
    scene, told = Scene.on_air(), list[str]()
    channels = [replace(scene.channel, slug=ChannelSlug(f"c{number}")) for number in range(20)]
    film = [SimpleNamespace(id=FILM.video)]
    services = cast(
        Services,
        SimpleNamespace(
            channels=SimpleNamespace(all=lambda: channels, left_to_slate=list),
            library=SimpleNamespace(get=lambda _: film[0]),
            clock=scene.clock,
        ),
    )

    def tell(_: Services, channel: Channel) -> Told:
        told.append(channel.slug)
        return Told(slug=channel.slug)

    monkeypatch.setattr(views, "channel", tell)
    return Hall(scene, told, ChannelTexts(services), services, channels, film)


def test_channels_are_told_of_in_turns(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    rests = Rests(monkeypatch)
    assert hall.read()["c7"] == '{"slug":"c7"}'
    assert rests.count == 2 * len(hall.channels), "to find what ends first, and to tell of each"


def test_a_channel_is_written_again_only_where_it_may_say_something_else(hall: Hall) -> None:
    first = hall.read()
    assert hall.told == list(first) == [each.slug for each in hall.channels]
    assert hall.read() == first
    assert hall.told == []
    hall.channels[3] = replace(hall.channels[3], title="Another")
    hall.read()
    assert hall.told == ["c3"]
    del hall.channels[5]
    assert "c5" not in hall.read()
    assert hall.told == []
    assert "c5" not in hall.texts._kept


def test_all_channels_are_written_again_when_their_video_changes_or_another_begins(hall: Hall) -> None:
    hall.read()
    hall.film[0] = SimpleNamespace(id=FILM.video)  # it was renamed
    hall.read()
    assert len(hall.told) == len(hall.channels)
    hall.scene.pass_time(60)
    hall.read()
    assert len(hall.told) == len(hall.channels)


def test_what_says_why_there_is_only_a_slate_is_never_kept(hall: Hall) -> None:
    hall.scene.edit(Pause())
    hall.channels[:] = [hall.scene.channel]
    hall.scene.pass_time(60)
    for _ in range(2):
        hall.read()
        assert len(hall.told) == 1

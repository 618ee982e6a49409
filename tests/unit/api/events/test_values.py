from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import pytest
from pydantic import BaseModel
from tests.support.rests import Rests
from tests.support.scene import Scene

from insta_stream.api import views
from insta_stream.api.events.values import channels_value, guide_begin
from insta_stream.api.services import Services
from insta_stream.ids import ChannelSlug
from insta_stream.ticks import seconds

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


def test_channels_are_told_of_in_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    scene, rests = Scene.on_air(), Rests(monkeypatch)
    channels = [replace(scene.channel, slug=ChannelSlug(f"c{number}")) for number in range(20)]
    shown = SimpleNamespace(all=lambda: channels, left_to_slate=list)
    services = cast(Services, SimpleNamespace(channels=shown, clock=scene.clock))
    monkeypatch.setattr(views, "channel", lambda _, channel: Told(slug=channel.slug))
    value, _ = channels_value(services, ChannelSlug(""))
    assert value.members["c7"] == '{"slug":"c7"}'
    assert rests.count == 2 * len(channels), "to find what ends first, and to tell of each"

import pytest
from tests.support.scene import Scene

from insta_stream.api.events.values import guide_begin
from insta_stream.ticks import seconds

HOUR = 3600


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

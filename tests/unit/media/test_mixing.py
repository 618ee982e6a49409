"""Which channels are heard on which side."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insta_stream.media.mixing import limited, mixed

PLACES = (
    *("FL", "FR", "FC", "LFE", "BL", "BR", "FLC", "FRC", "BC", "SL", "SR", "TC", "TFL", "TFR", "WL", "WR"),
    *("LFE2", "AMBI0", "AMBI1", "NONE", "UNSD", "DL", "DR", "BIL", "BIR"),
)


def weights(filters: tuple[str, ...]) -> tuple[dict[int, float], dict[int, float]]:
    """Read back how loud each channel is on the left and on the right."""
    sides = re.fullmatch(r"pan=stereo\|c0=([^|]+)\|c1=([^|]+)", filters[-1])
    assert sides
    left, right = (
        {int(channel): float(weight) for weight, channel in re.findall(r"([\d.]+)\*c(\d+)", side)}
        for side in sides.groups()
    )
    return left, right


@pytest.mark.parametrize(
    "places", ["FC", "FL FR", "FL FR FC LFE SL SR", "FL FR FC LFE BL BR SL SR", "DL DR", ""]
)
def test_ffmpeg_mixes_what_every_ffmpeg_knows(places: str) -> None:
    assert mixed(places.split()) == ()


@pytest.mark.parametrize(
    ("places", "left", "right"),
    [
        ("FL FR LFE FC BL BR", {0: 1, 3: 0.71, 4: 0.71}, {1: 1, 3: 0.71, 5: 0.71}),
        ("FC FL FR SL SR LFE", {0: 0.71, 1: 1, 3: 0.71}, {0: 0.71, 2: 1, 4: 0.71}),
        ("FL FR FC BL", {0: 1, 2: 0.71, 3: 0.71}, {1: 1, 2: 0.71}),
        ("FL FR TFL TFR", {0: 1, 2: 0.71}, {1: 1, 3: 0.71}),
        ("FR FL", {1: 1}, {0: 1}),
        ("BIL BIR", {0: 1}, {1: 1}),
        ("FL", {0: 0.71}, {0: 0.71}),
        ("NONE", {0: 0.71}, {0: 0.71}),
        ("LFE", {0: 0.71}, {0: 0.71}),
        ("FL FL", {0: 1, 1: 1}, {0: 1, 1: 1}),
        ("AMBI0 AMBI1 AMBI2 AMBI3", {0: 0.71}, {0: 0.71}),
        ("AMBI0 AMBI1 AMBI2 AMBI3 FL FR", {0: 0.71, 4: 1}, {0: 0.71, 5: 1}),
        ("NONE NONE", {0: 1}, {1: 1}),
        ("NONE NONE NONE", {0: 1, 2: 0.71}, {1: 1, 2: 0.71}),
        ("NONE NONE NONE NONE", {0: 1, 2: 0.71}, {1: 1, 3: 0.71}),
        (
            "NONE NONE NONE NONE NONE NONE",
            {0: 1, 2: 0.71, 3: 0.5, 4: 0.71},
            {1: 1, 2: 0.71, 3: 0.5, 5: 0.71},
        ),
    ],
)
def test_others_are_mixed_by_the_number_of_each_channel(
    places: str, left: dict[int, float], right: dict[int, float]
) -> None:
    heard = weights(mixed(places.split()))
    assert heard == (pytest.approx(left, abs=0.005), pytest.approx(right, abs=0.005))


@given(st.lists(st.sampled_from(PLACES), min_size=1, max_size=64))
def test_no_side_is_silent_and_no_channel_of_a_loudspeaker_is_lost(places: list[str]) -> None:
    filters = mixed(places)
    if not filters:
        return
    left, right = weights(filters)
    assert left
    assert right
    lost = [place for number, place in enumerate(places) if number not in left and number not in right]
    assert {place.rstrip("0123456789") for place in lost} <= {"LFE", "AMBI"}


def test_only_what_is_mixed_is_limited() -> None:
    assert limited(("FL", "FR")) == limited(("FC",)) == limited(()) == ()
    assert "alimiter" in limited(("FL", "FR", "FC"))[-1]

from types import SimpleNamespace
from typing import cast

import pytest
from tests.support.scene import BROADCAST, Scene

from insta_stream.api.guide import collect, parse_instant
from insta_stream.api.services import Services
from insta_stream.api.wire import iso
from insta_stream.errors import BadRequest
from insta_stream.ids import ChannelSlug
from insta_stream.ticks import TICKS_PER_SECOND, Ticks, seconds
from insta_stream.timeline.edit import Start

SECOND = 1_795_464_000


@pytest.mark.parametrize(
    "text",
    [
        str(SECOND),
        "2026-11-23T20:00:00Z",
        "2026-11-23T21:00:00+01:00",
        "2026-11-23T21:00:00 01:00",
        "20261123T200000Z",
        "2026-11-23T20:00:00.000000Z",
    ],
)
def test_an_instant_can_be_written_in_several_ways(text: str) -> None:
    assert parse_instant(text, "from") == SECOND * TICKS_PER_SECOND


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-11-23T20:00:00",
        "2026-11-23",
        "-1",
        "1.5",
        "1e9",
        "9" * 30,
        "\u0661",
    ],
)
def test_what_is_no_instant_names_its_field(text: str) -> None:
    with pytest.raises(BadRequest, match="`from`"):
        parse_instant(text, "from")


@pytest.mark.parametrize("fraction", [0, 1, 359, 360, 719])
def test_who_asks_on_gets_every_showing_once(fraction: int) -> None:
    scene = Scene()
    scene.now = Ticks(scene.now + fraction)  # of a millisecond, which has 720 ticks
    scene.edit(Start(BROADCAST))
    services = cast(
        Services, SimpleNamespace(channels=scene, library=SimpleNamespace(name=lambda _: "A film"))
    )
    slug, begin, end = ChannelSlug("main"), scene.now, Ticks(scene.now + seconds(1000))
    whole = collect(services, slug, begin, end, most=1000).airings
    read = []
    while True:
        page = collect(services, slug, begin, end, most=3)
        read += page.airings
        if page.next is None:
            break
        begin = parse_instant(iso(page.next), "from")
    assert read == whole

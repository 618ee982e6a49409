import asyncio
import json
from dataclasses import replace
from datetime import datetime
from types import SimpleNamespace
from typing import cast
from xml.etree import ElementTree as ET

import pytest
from starlette.requests import Request
from starlette.responses import StreamingResponse
from tests.support.rests import Rests
from tests.support.scene import BROADCAST, Scene

from insta_stream.access.principal import OWNER
from insta_stream.api import channel_schemas, chunks, guide, views
from insta_stream.api.guide import guide_xml, parse_instant
from insta_stream.api.services import Services
from insta_stream.api.showings import collect
from insta_stream.api.wire import iso
from insta_stream.errors import BadRequest
from insta_stream.ids import ChannelSlug
from insta_stream.ticks import TICKS_PER_SECOND, Ticks, from_datetime, seconds, to_datetime
from insta_stream.timeline.airings import Airing
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


def xml_of(services: Services, days: int) -> ET.Element:
    """Return the guide as television software gets it."""
    request = Request({"type": "http", "scheme": "http", "server": ("h", 80), "path": "/", "headers": []})
    response = guide_xml(services, OWNER, request, days)
    assert isinstance(response, StreamingResponse)

    async def read() -> str:
        return "".join([str(piece) async for piece in response.body_iterator])

    return ET.fromstring(asyncio.run(read()))  # noqa: S314 - our own


def on_many_channels(scene: Scene, count: int) -> Services:
    channels = tuple(replace(scene.channel, slug=ChannelSlug(f"c{n}")) for n in range(count))
    return cast(
        Services,
        SimpleNamespace(
            channels=SimpleNamespace(all=lambda: channels),
            library=SimpleNamespace(name=lambda _: "A film.mp4"),
            clock=scene.clock,
            public_url=None,
        ),
    )


def test_the_xml_guide_reaches_days_ahead_with_titles_instead_of_file_names() -> None:
    scene = Scene.on_air()
    programmes = xml_of(on_many_channels(scene, 1), 7).findall("programme")
    last = datetime.strptime(programmes[-1].attrib["stop"], "%Y%m%d%H%M%S %z")
    assert from_datetime(last) >= scene.now + seconds(7 * 86_400)
    assert {each.findtext("title") for each in programmes} == {"A film"}


def test_many_channels_of_short_clips_share_what_the_guide_may_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guide, "MAX_LISTED", 400)
    programmes = xml_of(on_many_channels(Scene.on_air(), 20), 14).findall("programme")
    assert {each.attrib["channel"] for each in programmes} == {f"c{n}" for n in range(20)}
    assert len(programmes) <= 400


def test_the_guides_are_made_in_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    scene, rests = Scene.on_air(), Rests(monkeypatch)
    services = cast(
        Services, SimpleNamespace(channels=scene, library=SimpleNamespace(name=lambda _: "A film"))
    )
    found = collect(services, ChannelSlug("main"), scene.now, Ticks(scene.now + seconds(3600)), most=1000)
    assert rests.count == 2 * len(found.airings), "to find them, and to tell of them"
    before = rests.count
    programmes = xml_of(on_many_channels(scene, 20), 1).findall("programme")
    assert rests.count > before + 20 + len(programmes)


async def test_the_guide_of_a_channel_is_sent_while_it_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    scene, told = Scene.on_air(), list[Ticks]()
    library = SimpleNamespace(name=lambda _: "A film")
    services = cast(Services, SimpleNamespace(channels=scene, library=library, clock=scene.clock))
    tell = views.airing
    monkeypatch.setattr(chunks, "CHUNK", 100)

    def note(services: Services, airing: Airing) -> channel_schemas.Airing:
        told.append(airing.starts_at)
        return tell(services, airing)

    monkeypatch.setattr(views, "airing", note)
    response = guide.guide(services, ChannelSlug("main"))
    assert isinstance(response, StreamingResponse)
    pieces = [(str(piece), len(told)) async for piece in response.body_iterator]
    assert pieces[len(pieces) // 2][1] < len(told)
    data = json.loads("".join(text for text, _ in pieces))["data"]
    assert [each["startsAt"] for each in data["airings"]] == [iso(to_datetime(each)) for each in told]
    assert (data["from"], data["next"]) == (iso(to_datetime(scene.now)), None)

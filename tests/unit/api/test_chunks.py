"""Long replies that are sent in chunks."""

import asyncio
import json
from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import pytest
from pydantic import BaseModel
from starlette.responses import StreamingResponse
from tests.support.rests import Rests
from tests.support.scene import Scene

from insta_stream.access.principal import OWNER
from insta_stream.api import chunks, views
from insta_stream.api.channels import list_channels
from insta_stream.api.chunks import in_chunks
from insta_stream.api.services import Services
from insta_stream.channels.channel import Channel
from insta_stream.ids import ChannelSlug


class Told(BaseModel):
    slug: str


def test_chunks_are_the_same_text_in_few_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "CHUNK", 10)
    assert list(in_chunks([])) == []
    assert list(in_chunks(["ab"] * 12)) == ["ab" * 5, "ab" * 5, "ab" * 2]
    assert list(in_chunks(["a" * 25, "b"])) == ["a" * 25, "b"]


def test_pieces_are_made_in_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    rests = Rests(monkeypatch)
    assert "".join(in_chunks(str(number % 10) for number in range(100))) == "0123456789" * 10
    assert rests.count == 100


def test_the_list_of_channels_is_sent_while_it_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    scene, told = Scene.on_air(), list[str]()
    channels = [replace(scene.channel, slug=ChannelSlug(f"c{number}")) for number in range(50)]
    services = cast(
        Services,
        SimpleNamespace(
            channels=SimpleNamespace(all=lambda: channels),
            library=SimpleNamespace(get=lambda _: None),
            clock=scene.clock,
        ),
    )

    def tell(_: object, channel: Channel) -> Told:
        told.append(channel.slug)
        return Told(slug=channel.slug)

    monkeypatch.setattr(views, "channel", tell)
    monkeypatch.setattr(chunks, "CHUNK", 100)
    response = list_channels(services, OWNER)
    assert isinstance(response, StreamingResponse)

    async def read() -> list[tuple[str, int]]:
        return [(str(piece), len(told)) async for piece in response.body_iterator]

    pieces = asyncio.run(read())
    assert pieces[len(pieces) // 2][1] < len(channels)
    data = json.loads("".join(text for text, _ in pieces))["data"]
    assert [each["slug"] for each in data["channels"]] == [each.slug for each in channels] == told
    assert data["ladder"][0]["name"] == "1080p"

"""docs/reference/events.md is what pages are written against: its examples are what the code says."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from insta_stream.api import channel_schemas, playlist_schemas, video_schemas
from insta_stream.api.events.frames import MAX_CHARACTERS, MAX_TOPICS, parse_frame
from insta_stream.api.events.hub import MAX_READERS
from insta_stream.api.events.topics import parse_topic
from insta_stream.api.events.values import UP_NEXT

PAGE = (Path(__file__).parents[3] / "docs/reference/events.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```json ([\w.-]+)\n(.*?)```", PAGE, re.DOTALL)


def example(name: str) -> dict[str, Any]:
    text = next(text for each, text in EXAMPLES if each == name)
    return dict(json.loads(text))


@pytest.mark.parametrize("text", [text for name, text in EXAMPLES if name == "client"])
def test_what_a_client_is_told_to_say_is_understood(text: str) -> None:
    frame = parse_frame(text)
    assert frame.subscribe or frame.ping
    assert all(parse_topic(name) for name in frame.subscribe or ())


@pytest.mark.parametrize(
    ("shown", "model"),
    [
        (example("channel-data"), channel_schemas.ChannelLive),
        (example("channels")["data"], channel_schemas.ChannelList),
    ],
)
def test_values_look_as_they_are_shown(shown: dict[str, Any], model: type[BaseModel]) -> None:
    assert model.model_validate(shown).model_dump(mode="json", by_alias=True) == shown


@pytest.mark.parametrize(
    ("members", "model"),
    [
        (example("videos")["upserted"], video_schemas.Video),
        (example("channel")["upserted"], playlist_schemas.PlaylistEntry),
        ([example("channel")["changed"]], channel_schemas.ChannelLive),
    ],
)
def test_parts_of_values_have_their_names(members: list[dict[str, Any]], model: type[BaseModel]) -> None:
    names = {field.alias for field in model.model_fields.values()}
    assert all(set(member) <= names for member in members)


def test_the_numbers_on_the_page_are_those_of_the_code() -> None:
    assert f"at most {MAX_TOPICS} topics" in PAGE
    assert f"at most {MAX_CHARACTERS // 1024} KiB" in PAGE
    assert f"{MAX_READERS} connections" in PAGE
    assert f"(the next {UP_NEXT})" in PAGE

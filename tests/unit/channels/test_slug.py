import re
from pathlib import Path

import pytest

from insta_stream.channels.slug import RESERVED, parse_slug
from insta_stream.errors import BadRequest


@pytest.mark.parametrize("text", ["main", "a", "7", "news-24", "x" * 63])
def test_a_slug_is_plain(text: str) -> None:
    assert parse_slug(text) == text


@pytest.mark.parametrize(
    "text", ["", "-a", "a-", "A", "a b", "a/b", "ä", "..", "a.b", "x" * 64, "a\n", *sorted(RESERVED)]
)
def test_anything_else_is_refused_by_name(text: str) -> None:
    with pytest.raises(BadRequest, match="`slug`"):
        parse_slug(text)


def test_the_studio_knows_the_same_words() -> None:
    page = (Path(__file__).parents[3] / "web/src/studio/channels/slug.ts").read_text(encoding="utf-8")
    listed = re.search(r"RESERVED[^\[]*\[(.*?)\]", page, re.DOTALL)
    assert listed
    assert set(re.findall(r'"([\w-]+)"', listed[1])) == RESERVED

import pytest

from insta_stream.channels.fields import parse_title
from insta_stream.errors import BadRequest


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("  News \n\t at  nine ", "News at nine"),
        ("\x1b[31mred\x9b\u202e", "[31mred"),
        ("a\u2028b\x85c", "a b c"),
        ('“News”, "nine"', '“News”, "nine"'),
    ],
)
def test_a_title_is_one_line_and_steers_no_terminal(text: str, title: str) -> None:
    assert parse_title(text) == title


@pytest.mark.parametrize("text", ["", " \n", "\u200b\x07", "x" * 256])
def test_a_title_has_visible_letters_and_not_too_many(text: str) -> None:
    with pytest.raises(BadRequest, match="`title`"):
        parse_title(text)

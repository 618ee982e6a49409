import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insta_stream.library.names import MAX_LENGTH, display_name


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("film.mp4", "film.mp4"),
        ("../../etc/passwd", "passwd"),
        ("C:\\films\\film.mp4", "film.mp4"),
        ("a\x00b\r\nc\x1b[31m.mp4", "abc[31m.mp4"),
        ("gpj.\u202e4pm.mp4", "gpj.4pm.mp4"),
        ("  Ärger im Büro 📼 .mov ", "Ärger im Büro 📼 .mov"),
        ("", "video"),
        ("..", ".."),
        ("////", "video"),
        ("x" * 300, "x" * 255),
    ],
)
def test_a_name_is_made_fit_to_be_shown(sent: str, shown: str) -> None:
    assert display_name(sent) == shown


@given(st.text())
def test_any_text_gives_a_name(text: str) -> None:
    name = display_name(text)
    assert 0 < len(name) <= MAX_LENGTH
    assert not {unicodedata.category(letter) for letter in name} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert "/" not in name
    assert "\\" not in name
    assert display_name(name) == name

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.properties import thorough

from insta_stream.library.names import MAX_LENGTH, display_name, is_cut, is_download, title


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
        (".", "."),
        ("films/ ", "films"),
        ("////", "video"),
        ("x" * 300, "x" * 254 + "…"),
        ("x" * 300 + ".mp4", "x" * 250 + "….mp4"),
        ("x" * 300 + ". And so on", "x" * 254 + "…"),
        ("cafe\u0301.mp4", "caf\u00e9.mp4"),  # as macOS sends it
        ("e\u202e\u0301", "\u00e9"),
    ],
)
def test_a_name_is_made_fit_to_be_shown(sent: str, shown: str) -> None:
    assert display_name(sent) == shown


@pytest.mark.parametrize(
    "name",
    [
        "می\u200cشود.mp4",  # Persian
        "۱۴۰۰ م\u200d.mp4",
        "क\u094d\u200dष.mp4",  # Devanagari
        "ක්\u200dර.mp4",  # Sinhala
        "👨\u200d👩\u200d👧\u200d👦.mp4",
        "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f.mp4",  # Scotland
        "🏳\ufe0f\u200d🌈.mp4",
        "سورة \u06dd.mp4",
    ],
)
def test_what_letters_and_emoji_are_made_of_stays(name: str) -> None:
    assert display_name(name) == title(name) == name


@pytest.mark.parametrize(
    "hidden",
    [
        *"\u200b\u200e\u200f\u061c\u202a\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2060\ufeff\u00ad\U000e0001",
        *"\u2028\u2029\x85\x00\x1b\n",
        "\u200d",
        "\u200c\u200d",
        "\U000e0068\U000e0069",
        "\ud800",
    ],
)
def test_what_is_not_seen_where_it_stands_goes(hidden: str) -> None:
    assert display_name(f"a{hidden}b.mp4") == "ab.mp4"
    assert display_name(hidden) == "video"


FAMILY = "👨\u200d👩\u200d👧\u200d👦"
THUMB = "👍🏽"
FLAG = "🇨🇭"
SCOTLAND = "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
ACCENTS = "x\u0323\u0302\u0301"
KSHA = "क\u094dष"


@pytest.mark.parametrize("whole", [FAMILY, THUMB, FLAG, SCOTLAND, ACCENTS, KSHA])
@pytest.mark.parametrize("before", range(12))
def test_what_people_see_as_one_is_not_cut_in_two(whole: str, before: int) -> None:
    name = title("a" * before + whole * 300)
    assert MAX_LENGTH - 2 * len(whole) < len(name) <= MAX_LENGTH
    assert set(name[before:-1].split(whole)) == {""}
    assert title(name) == name


@pytest.mark.parametrize(
    ("sent", "is_it"),
    [
        ("x" * 255, False),
        ("x" * 256, True),
        ("/" * 300 + "x", False),
        ("x" * 200 + "…", False),
        (FAMILY * 99 + ".mp4", True),
    ],
)
def test_whether_a_name_is_cut(sent: str, *, is_it: bool) -> None:
    assert is_cut(sent) is is_it
    assert is_cut(display_name(sent)) is is_it


@pytest.mark.parametrize(
    ("name", "is_it"),
    [("film.mp4.part", True), ("film.mp4.CRDOWNLOAD", True), ("film.mp4", False), ("part", False)],
)
def test_names_of_unfinished_downloads(name: str, *, is_it: bool) -> None:
    assert is_download(name) is is_it


@thorough
@given(st.text() | st.text(alphabet="a /\\.e\u0301\u200c\u200d\U000e0067\U0001f3f4م\u212a\u202e\u037e"))
def test_any_text_gives_a_name(text: str) -> None:
    name = display_name(text)
    assert 0 < len(name) <= MAX_LENGTH
    assert not {unicodedata.category(letter) for letter in name} & {"Cc", "Cs", "Zl", "Zp"}
    assert unicodedata.is_normalized("NFC", name)
    assert "/" not in name
    assert "\\" not in name
    assert display_name(name) == title(name) == name

import pytest

from insta_stream.library.titles import title_of


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("Holiday.mp4", "Holiday"),
        ("Holiday.MKV", "Holiday"),
        ("A.Film.2019.1080p.mkv", "A.Film.2019.1080p"),
        ("Film .ts", "Film"),
        ("twice.mp4.mov", "twice.mp4"),
    ],
)
def test_the_extension_of_a_video_is_no_part_of_its_title(name: str, title: str) -> None:
    assert title_of(name) == title


@pytest.mark.parametrize(
    "name",
    [
        "Mr. Smith",
        "Vol. 2",
        "No.5",
        "notes.txt",
        "mp4",
        ".mp4",
        "...mp4",
        " .mp4",
        "Film. Mov",
        "Film.mov ",
        "St. Moritz, 8.30",
        "",
    ],
)
def test_nothing_else_is_taken_off(name: str) -> None:
    assert title_of(name) == name

import pytest

from insta_stream.media.poster import sharp_enough


@pytest.mark.parametrize(
    ("names", "drawn"),
    [(("1080p", "480p", "360p", "240p"), "360p"), (("720p",), "720p"), (("240p",), "240p")],
)
def test_pictures_are_drawn_from_no_more_than_the_poster_needs(names: tuple[str, ...], drawn: str) -> None:
    assert sharp_enough(names) == drawn

"""Words drawn without a font."""

import pytest

from insta_stream.media.lettering import LETTERS, draw
from insta_stream.media.slate import WORDS


def test_every_letter_of_the_slate_is_drawn() -> None:
    assert set(WORDS) - {" "} <= LETTERS.keys()
    with pytest.raises(KeyError):
        draw("Q", height=20, thickness=2)


@pytest.mark.parametrize("letter", sorted(LETTERS))
def test_a_letter_is_inside_its_picture_with_soft_edges(letter: str) -> None:
    width, height, pixels = draw(letter, height=40, thickness=4)
    assert len(pixels) == width * height
    assert width % 2 == height % 2 == 0
    assert max(pixels) == 255
    border = pixels[:width] + pixels[-width:] + pixels[::width] + pixels[width - 1 :: width]
    assert set(border) == {0}

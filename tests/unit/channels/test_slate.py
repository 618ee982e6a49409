from dataclasses import replace

import pytest
from tests.support.scene import FILM, SLATE

from insta_stream.channels.slate import chosen
from insta_stream.timeline.playable import Playable

GROWING = replace(FILM, is_complete=False, available=1)
MADE = replace(SLATE, is_complete=False, available=1)


@pytest.mark.parametrize(
    ("own", "built_in", "airs"),
    [
        (FILM, SLATE, FILM),
        (FILM, None, FILM),
        (None, SLATE, SLATE),
        (GROWING, SLATE, SLATE),
        (GROWING, MADE, None),
        (None, None, None),
    ],
)
def test_only_what_is_complete_covers_gaps(
    own: Playable | None, built_in: Playable | None, airs: Playable | None
) -> None:
    assert chosen(own, built_in) is airs

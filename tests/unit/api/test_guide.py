import pytest

from insta_stream.api.guide import parse_instant
from insta_stream.errors import BadRequest
from insta_stream.ticks import TICKS_PER_SECOND

SECOND = 1_795_464_000


@pytest.mark.parametrize(
    "text",
    [
        str(SECOND),
        "2026-11-23T20:00:00Z",
        "2026-11-23T21:00:00+01:00",
        "2026-11-23T21:00:00 01:00",
        "20261123T200000Z",
        "2026-11-23T20:00:00.000000Z",
    ],
)
def test_an_instant_can_be_written_in_several_ways(text: str) -> None:
    assert parse_instant(text, "from") == SECOND * TICKS_PER_SECOND


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-11-23T20:00:00",
        "2026-11-23",
        "-1",
        "1.5",
        "1e9",
        "9" * 30,
        "\u0661",
    ],
)
def test_what_is_no_instant_names_its_field(text: str) -> None:
    with pytest.raises(BadRequest, match="`from`"):
        parse_instant(text, "from")

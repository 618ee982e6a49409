import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from insta_stream.api.channel_schemas import Airing
from insta_stream.api.spreadsheet import ROWS_AT_ONCE, airings_csv

START = datetime(2026, 11, 22, 20, tzinfo=UTC)


def airing(name: str = "A film", **more: Any) -> Airing:
    facts = {
        "entry": "e1",
        "id": "v1",
        "starts_at": START,
        "ends_at": START + timedelta(seconds=12.48),
        "first_offset": 0.0,
        "is_partial": False,
        "is_slate": False,
        "is_backfilled": False,
    }
    return Airing(name=name, **(facts | more))


def table(*airings: Airing) -> list[dict[str, str]]:
    text = "".join(airings_csv("main", airings))
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:], newline="")))


def test_a_showing_is_a_row() -> None:
    assert table(airing()) == [
        {
            "channel": "main",
            "starts_at": "2026-11-22T20:00:00.000Z",
            "ends_at": "2026-11-22T20:00:12.480Z",
            "seconds": "12.48",
            "name": "A film",
            "notes": "",
            "from_second": "0.0",
            "video": "v1",
            "entry": "e1",
        }
    ]


def test_what_has_no_end_and_no_video_leaves_its_fields_empty() -> None:
    [row] = table(airing("Slate", entry=None, id=None, ends_at=None, is_slate=True, is_backfilled=True))
    assert (row["ends_at"], row["seconds"], row["video"], row["entry"]) == ("", "", "", "")
    assert row["notes"] == "slate back-filled"


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_spreadsheet_calculates_a_name(name: str) -> None:
    assert table(airing(name))[0]["name"] == f"'{name}"


@pytest.mark.parametrize("name", ['Tom & "Jerry", part 2', "two\nlines", "a=b", "🎬 ünï"])
def test_names_come_back_as_they_are(name: str) -> None:
    assert table(airing(name))[0]["name"] == name


def test_lines_end_as_in_rfc_4180_and_pieces_join_without_a_seam() -> None:
    pieces = list(airings_csv("main", [airing()] * (ROWS_AT_ONCE + 1)))
    assert len(pieces) == 3
    assert all(piece.endswith("\r\n") for piece in pieces)
    assert len(table(*[airing()] * (ROWS_AT_ONCE + 1))) == ROWS_AT_ONCE + 1

"""Which time zone the machine is said to be in."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from insta_stream.zone import name_of, zone_at

WINTER = datetime(2026, 1, 15, 12, tzinfo=UTC)
SUMMER = datetime(2026, 7, 15, 12, tzinfo=UTC)
EASTERN = "EST5EDT,M3.2.0,M11.1.0"


@pytest.fixture
def set_zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Put this process into a zone."""

    def put(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield put
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("setting", "name"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        (":Asia/Kolkata", "Asia/Kolkata"),
        ("/usr/share/zoneinfo/America/New_York", "America/New_York"),
        (":/usr/share/zoneinfo/posix/Europe/Berlin", "Europe/Berlin"),
        ("UTC", "UTC"),
        (EASTERN, None),
        ("Nowhere/City", None),  # which C takes for UTC
    ],
)
def test_the_name_is_that_of_the_setting(
    set_zone: Callable[[str], None], tmp_path: Path, setting: str, name: str | None
) -> None:
    set_zone(setting)
    assert name_of({"TZ": setting}, tmp_path / "none", WINTER) == name


def test_without_a_setting_it_is_that_of_the_systems_link(
    set_zone: Callable[[str], None], tmp_path: Path
) -> None:
    link = tmp_path / "localtime"
    link.symlink_to("/usr/share/zoneinfo/Europe/Berlin")
    set_zone("Europe/Berlin")
    assert name_of({}, link, WINTER) == "Europe/Berlin"
    set_zone("Europe/Lisbon")  # a link that is not what the machine goes by
    assert name_of({}, link, WINTER) is None
    assert name_of({}, tmp_path / "none", WINTER) is None
    link.unlink()
    link.write_bytes(b"TZif2")  # a copy instead of a link
    assert name_of({}, link, WINTER) is None


def test_a_name_that_is_right_only_now_is_none(set_zone: Callable[[str], None], tmp_path: Path) -> None:
    set_zone("Africa/Lagos")  # an hour ahead of UTC all year
    assert name_of({"TZ": "Europe/Berlin"}, tmp_path, WINTER) is None


@pytest.mark.parametrize("zone", ["America/New_York", EASTERN])
def test_the_offset_is_that_of_the_moment(set_zone: Callable[[str], None], zone: str) -> None:
    set_zone(zone)
    assert zone_at(WINTER).utc_offset == timedelta(hours=-5)
    assert zone_at(SUMMER).utc_offset == timedelta(hours=-4)

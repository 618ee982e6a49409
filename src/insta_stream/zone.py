"""The time zone of this machine, which need not be that of whoever operates it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

LOCALTIME = Path("/etc/localtime")

_MONTH = timedelta(days=30)
_NOWHERE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone at a moment. name: in the IANA's list, such as "Europe/Berlin"; None where it has none."""

    name: str | None
    utc_offset: timedelta


def zone_at(moment: datetime) -> Zone:
    """Return the zone of this process."""
    return Zone(_name(), moment.astimezone().utcoffset() or _NOWHERE)


@cache
def _name() -> str | None:
    return name_of(os.environ, LOCALTIME, datetime.now(UTC))


def name_of(environment: Mapping[str, str], localtime: Path, now: datetime) -> str | None:
    """Return the name of the machine's zone; None where it has none that is true all year round.

    localtime: where systems keep their zone: a link into their list of zones.
    """
    setting = environment.get("TZ", "").removeprefix(":") or str(localtime.resolve())
    name = setting.rpartition("zoneinfo/")[2].removeprefix("posix/").removeprefix("right/")
    try:
        zone = ZoneInfo(name)
    except (ValueError, LookupError, OSError):  # a rule, such as "EST5EDT,M3.2.0,M11.1.0", or no link
        return None
    months = [now + number * _MONTH for number in range(12)]
    is_true = all(each.astimezone(zone).utcoffset() == each.astimezone().utcoffset() for each in months)
    return name if is_true else None

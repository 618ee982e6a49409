"""`insta-stream simulate`: what a channel will air, and whether it keeps its promises."""

import asyncio
import csv
import json
import sys
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer
from rich.table import Table

from insta_stream.cli.places import Config, Data, data_folder
from insta_stream.cli.server import ChannelOption
from insta_stream.cli.show import complain, length, out
from insta_stream.errors import BadRequest
from insta_stream.storage import mark
from insta_stream.storage.folder import DataFolder
from insta_stream.ticks import TICKS_PER_SECOND, Ticks, from_datetime, from_nanoseconds, to_seconds

if TYPE_CHECKING:
    from insta_stream.simulation.outlook import Outlook

DAY = 86_400 * TICKS_PER_SECOND


class Format(StrEnum):
    """How the result is written."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"


def simulate(
    channel: ChannelOption = "main",
    days: Annotated[float, typer.Option(help="How many days.", min=0.01, max=3660)] = 30,
    begin: Annotated[
        str,
        typer.Option("--from", metavar="WHEN", help="The start, such as 2026-12-24T18:00. By default, now."),
    ] = "",
    time_zone: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="The viewers' time zone, such as Europe/Madrid. By default, this machine's."
        ),
    ] = "",
    format_: Annotated[Format, typer.Option("--format", help="csv: one line per airing.")] = Format.TEXT,
    *,
    list_: Annotated[bool, typer.Option("--list", help="List every airing.")] = False,
    data: Data = None,
    config: Config = None,
) -> None:
    """List what a channel will air in the coming days, and check that viewers get what they are promised.

    Reads the data folder, whether or not a server is running on it, and changes nothing. A channel that is
    off air is treated as if it were started. Exits with status 1 if a promise would be broken.

    For instance:

        insta-stream simulate --days 30

        insta-stream simulate --channel kids --from 2026-12-24T00:00 --days 3 --list

        insta-stream simulate --format csv > month.csv
    """
    from insta_stream.simulation.outlook import look_ahead  # noqa: PLC0415 - only this command needs it
    from insta_stream.simulation.scenario import load  # noqa: PLC0415

    zone = _zone(time_zone)
    folder = data_folder(data, config)
    since = _instant(begin, zone) if begin else _now(folder)
    scenario = asyncio.run(load(folder, channel))
    until = Ticks(since + round(days * DAY))
    outlook = look_ahead(scenario, since, until, zone, with_airings=list_ or format_ is Format.CSV)
    match format_:
        case Format.TEXT:
            _print(outlook, channel)
        case Format.JSON:
            typer.echo(json.dumps(_document(outlook, channel), ensure_ascii=False, indent=2))
        case Format.CSV:
            _write_csv(outlook)
    if outlook.walk.counts:
        raise typer.Exit(1)


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise BadRequest(f"There is no time zone {name}; use one such as Europe/Madrid or UTC.") from error


def _now(folder: DataFolder) -> Ticks:
    """Return the present instant by the clock of the folder's server, which may be ahead of the machine's."""
    return max(from_datetime(datetime.now(UTC)), from_nanoseconds(mark.read(folder.clock)))


def _instant(text: str, zone: ZoneInfo | None) -> Ticks:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadRequest(f"--from {text} is not a date; write it as 2026-12-24T18:00.") from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone) if zone else moment.astimezone()
    return from_datetime(moment)


def _print(outlook: "Outlook", channel: str) -> None:
    summary = outlook.summary
    begin, end = (f"{summary.local(at):%a %d %b %Y %H:%M %Z}" for at in (summary.begin, summary.end))
    out.print(f"{channel}, {begin} to {end}: {summary.airings} airings of {len(summary.videos)} videos")
    for airing in outlook.airings:
        what = "slate" if airing.is_slate else outlook.name(airing.video)
        cut = " (part)" if airing.is_partial else ""
        out.print(f"  {summary.local(airing.starts_at):%a %d %b %H:%M:%S}  {what}{cut}")
    videos = Table("video", "airings", "in all", "first", "last", box=None)
    for video, total in sorted(summary.videos.items(), key=lambda item: -item[1].length):
        first, last = (f"{summary.local(instant):%d %b %H:%M:%S}" for instant in (total.first, total.last))
        videos.add_row(outlook.name(video), str(total.airings), _hours(total.length), first, last)
    out.print(videos)
    table = Table("day", "airings", "video", "slate", box=None)
    for day, total_of_day in sorted(summary.days.items()):
        table.add_row(
            f"{day:%a %d %b}",
            str(total_of_day.airings),
            _hours(total_of_day.length),
            _hours(total_of_day.slate),
        )
    out.print(table)
    out.print(f"Standby picture: {_hours(summary.slate.length)}. Gaps: {len(summary.holes)}.")
    for name, reason in outlook.passed_over:
        out.print(f"Not aired, or not to the end: {name} ({reason})")
    for at, violation in outlook.walk.first:
        complain(
            f"{summary.local(at):%d %b %H:%M:%S} {violation.code} {violation.subject} {violation.message}"
        )
    walk, verdict = outlook.walk, "All promises are kept"
    if walk.counts:
        verdict = f"Broken promises: {', '.join(f'{code} {count}x' for code, count in walk.counts.items())}"
    out.print(f"{verdict}: {walk.windows} windows checked, {walk.rendered} playlists read.")


def _document(outlook: "Outlook", channel: str) -> dict[str, Any]:
    summary, walk = outlook.summary, outlook.walk
    return {
        "channel": channel,
        "from": summary.local(summary.begin).isoformat(),
        "to": summary.local(summary.end).isoformat(),
        "airings": summary.airings,
        "slateSeconds": to_seconds(summary.slate.length),
        "holes": [[summary.local(instant).isoformat() for instant in hole] for hole in summary.holes],
        "videos": [
            {
                "id": video,
                "name": outlook.name(video),
                "airings": total.airings,
                "seconds": to_seconds(total.length),
                "first": summary.local(total.first).isoformat(),
                "last": summary.local(total.last).isoformat(),
            }
            for video, total in summary.videos.items()
        ],
        "days": [
            {
                "day": day.isoformat(),
                "airings": total.airings,
                "seconds": to_seconds(total.length),
                "slateSeconds": to_seconds(total.slate),
            }
            for day, total in sorted(summary.days.items())
        ],
        "notAiring": [{"name": name, "reason": reason} for name, reason in outlook.passed_over],
        "windows": walk.windows,
        "brokenPromises": dict(walk.counts),
        "firstBroken": [
            {
                "at": summary.local(at).isoformat(),
                "rule": violation.code,
                "subject": violation.subject,
                "message": violation.message,
            }
            for at, violation in walk.first
        ],
        "list": [
            {
                "start": summary.local(airing.starts_at).isoformat(),
                "video": airing.video,
                "name": outlook.name(airing.video),
                "isSlate": airing.is_slate,
                "isPartial": airing.is_partial,
            }
            for airing in outlook.airings
        ],
    }


def _write_csv(outlook: "Outlook") -> None:
    rows = csv.writer(sys.stdout)
    rows.writerow(["start", "seconds", "video", "name", "slate", "partial"])
    for airing in outlook.airings:
        assert airing.ends_at is not None, "airings are cut to the period"
        seconds = to_seconds(Ticks(airing.ends_at - airing.starts_at))
        start = outlook.summary.local(airing.starts_at).isoformat(timespec="seconds")
        name = outlook.name(airing.video)
        rows.writerow(
            [start, f"{seconds:.3f}", airing.video, name, int(airing.is_slate), int(airing.is_partial)]
        )


def _hours(value: Ticks) -> str:
    return length(to_seconds(value)) if value < DAY else f"{value / DAY * 24:.1f} h"

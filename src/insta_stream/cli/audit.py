"""`insta-stream audit`: the activity log, straight from the data folder, with or without a running server."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from insta_stream.access.action import Action
from insta_stream.cli.office import in_office
from insta_stream.cli.places import Config, Data
from insta_stream.cli.show import out, printable
from insta_stream.errors import BadRequest
from insta_stream.ids import AccountId, is_id
from insta_stream.ticks import Ticks, from_datetime, to_datetime

if TYPE_CHECKING:
    from insta_stream.access.act import Act
    from insta_stream.access.office import Office
    from insta_stream.db.audit import EntryRow

_TIME = "Such as 2026-11-30 or 2026-11-30T18:00; in this machine's time zone if it names none."


def audit(
    *,
    person: Annotated[
        str, typer.Option(metavar="NAME", help="Only what this person did, by name, or by id if removed.")
    ] = "",
    action: Annotated[
        str, typer.Option(metavar="ACTION", help="Only this action, such as channel.stop or person.add.")
    ] = "",
    begin: Annotated[str, typer.Option("--from", metavar="TIME", help=f"Only from then on. {_TIME}")] = "",
    end: Annotated[str, typer.Option("--to", metavar="TIME", help="Only before then.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="How many entries at most.")] = 50,
    json: Annotated[
        bool, typer.Option("--json", help="Print all that is known of each entry, one JSON object per line.")
    ] = False,
    data: Data = None,
    config: Config = None,
) -> None:
    """Show who changed what, when and from where, newest first. Nobody can change these entries.

    It reads the data folder. A running server counts what strangers try, and adds that within a minute.

    For instance:

        insta-stream audit --person anna --from 2026-11-30

        insta-stream audit --limit 1000000 --json > activity.jsonl
    """
    wanted_action = _action(action)

    async def work(office: "Office", _: "Act") -> None:
        from insta_stream.db.audit import Wanted  # noqa: PLC0415 - half a second for no other command

        wanted = Wanted(
            account=await _account(office, person),
            action=wanted_action,
            begin=_instant(begin, "--from"),
            end=_instant(end, "--to"),
        )
        left = limit
        async for rows in office.audit_log.pages(wanted):
            (_print_lines if json else _print_sentences)(rows[:left])
            left -= len(rows)
            if left <= 0:
                break

    in_office(data, config, work)


def _print_lines(rows: Iterable["EntryRow"]) -> None:
    from insta_stream.api.audit import as_lines  # noqa: PLC0415 - as above

    out.print(as_lines(rows), end="", soft_wrap=True)


def _print_sentences(rows: Iterable["EntryRow"]) -> None:
    from insta_stream.access.sentence import sentence  # noqa: PLC0415 - as above

    for row in rows:
        time = f"{to_datetime(row.at).astimezone():%Y-%m-%d %H:%M:%S}"
        out.print(f"{time}  {row.actor.address or '-':<15}  {printable(sentence(row))}")


async def _account(office: "Office", person: str) -> AccountId | None:
    if not person:
        return None
    return AccountId(person) if is_id(person) else (await office.people.find(person)).id


def _action(text: str) -> Action | None:
    known = {action.value: action for action in Action}
    if text and text not in known:
        raise BadRequest(f"There is no action {text}: choose {', '.join(sorted(known))}.")
    return known.get(text)


def _instant(text: str, flag: str) -> Ticks | None:
    if not text:
        return None
    try:
        return from_datetime(datetime.fromisoformat(text).astimezone())
    except (ValueError, OverflowError, OSError):
        raise BadRequest(f"{flag} is not a date or time: give one like 2026-11-30T18:00.") from None

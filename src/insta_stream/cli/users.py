"""`insta-stream users`: the people who can sign in, straight in the data folder, with or without a running
server.

Whoever can write to the data folder needs no password: this is the way back in for who has lost theirs.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ByteSize, TypeAdapter, ValidationError
from rich.table import Column, Table

from insta_stream import configuration
from insta_stream.access.action import Action
from insta_stream.access.role import Role
from insta_stream.addresses import address, address_for_others
from insta_stream.cli.office import in_office
from insta_stream.cli.places import Config, Data
from insta_stream.cli.question import Yes, confirm, is_asked
from insta_stream.cli.show import err, out
from insta_stream.errors import BadRequest
from insta_stream.ids import ChannelSlug
from insta_stream.ticks import to_datetime

if TYPE_CHECKING:
    from insta_stream.access.act import Act
    from insta_stream.access.office import Office
    from insta_stream.access.people import Invitation
    from insta_stream.db.accounts import AccountRow

app = typer.Typer(
    help="The people who can sign in: list, add, change, remove. Needs no running server; one that runs "
    "takes notice within seconds.",
    epilog="Example:  insta-stream users add anna --admin",
    no_args_is_help=True,
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="What they type to sign in.")]
Channels = Annotated[
    list[str] | None,
    typer.Option(
        "--channel",
        "-c",
        metavar="SLUG",
        help="Which channels are theirs; give it once for each. By default, all.",
    ),
]


_MOST_BYTES = 1 << 53

Url = Annotated[
    str,
    typer.Option(
        "--url",
        envvar="INSTA_STREAM_URL",
        metavar="URL",
        help="The address that the link begins with. By default, the one in the settings.",
    ),
]


@app.command("list")
def list_users(data: Data = None, config: Config = None) -> None:
    """List everyone, with their role and channels."""

    async def work(office: "Office", _: "Act") -> None:
        table = Table("name", "title", "role", "channels", "state", Column("last seen"), box=None)
        for each in office.people.all():
            channels = "all" if each.channels is None else " ".join(sorted(each.channels))
            state = "disabled" if each.disabled_at else "" if each.password else "invited"
            seen = "never" if each.used_at is None else to_datetime(each.used_at).strftime("%Y-%m-%d")
            table.add_row(each.name, each.title, each.role, channels, state, seen)
        out.print(table)

    in_office(data, config, work)


@app.command()
def add(
    *,
    name: Name,
    title: Annotated[str, typer.Option(help="What others read.")] = "",
    role: Annotated[str, typer.Option(help="viewer, operator or admin.")] = "viewer",
    admin: Annotated[bool, typer.Option("--admin", help="The same as --role admin.")] = False,
    channel: Channels = None,
    password: Annotated[
        bool, typer.Option("--password", help="Ask for their password here, instead of printing a link.")
    ] = False,
    url: Url = "",
    data: Data = None,
    config: Config = None,
) -> None:
    """Add a person, and print the link with which they choose a password.

    A viewer sees channels, an operator runs all or some, an admin may do everything. From the first admin's
    password on, everyone needs to sign in.
    """
    wanted = _role("admin" if admin else role)
    chosen = (
        typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True) if password else None
    )

    async def work(office: "Office", act: "Act") -> None:
        act.concerns("person", "", name)
        row, invitation = await office.people.add(name, title, wanted, _channels(channel))
        act.concerns("person", row.id, row.name)
        act.tell(after=office.people.rights_of(row))
        if chosen is None:
            _print_link(invitation, url, config)
        else:
            await office.credentials.set_password(row, chosen)

    in_office(data, config, work, Action.PERSON_ADD)


@app.command()
def change(
    *,
    name: Name,
    title: Annotated[str | None, typer.Option(help="What others read.")] = None,
    role: Annotated[str | None, typer.Option(help="viewer, operator or admin.")] = None,
    channel: Channels = None,
    all_channels: Annotated[bool, typer.Option("--all-channels", help="All channels are theirs.")] = False,
    disabled: Annotated[
        bool | None, typer.Option("--disabled/--enabled", help="Whether they may not sign in, for now.")
    ] = None,
    quota: Annotated[
        str | None,
        typer.Option(
            metavar="SIZE",
            help="How much disk space their videos may take, such as 50GB; `none` for any amount, `default` "
            "for what the settings say.",
        ),
    ] = None,
    data: Data = None,
    config: Config = None,
) -> None:
    """Change a person; what they may do changes at once."""
    if channel and all_channels:
        raise typer.BadParameter("either some channels, or all of them", param_hint="--all-channels")

    async def work(office: "Office", act: "Act") -> None:
        row = await _found(office, act, name)
        after = await office.people.change(
            row.id,
            title=title,
            role=None if role is None else _role(role),
            is_disabled=disabled,
            has_channels=bool(channel) or all_channels,
            channels=_channels(channel),
            has_quota=quota is not None,
            quota_bytes=_quota(quota),
        )
        act.tell_changes(office.people.rights_of(row), office.people.rights_of(after))

    in_office(data, config, work, Action.PERSON_CHANGE)


@app.command()
def invite(name: Name, url: Url = "", data: Data = None, config: Config = None) -> None:
    """Print a link with which a person chooses a new password. It works once, for three days."""

    async def work(office: "Office", act: "Act") -> None:
        row = await _found(office, act, name)
        _print_link(await office.people.invite(row.id), url, config)

    in_office(data, config, work, Action.PERSON_INVITE)


@app.command("sign-out")
def sign_out(name: Name, data: Data = None, config: Config = None) -> None:
    """Sign a person out everywhere."""

    async def work(office: "Office", act: "Act") -> None:
        row = await _found(office, act, name)
        ended = await office.sessions.end_all(row.id)
        out.print(f"{ended} {'session' if ended == 1 else 'sessions'} ended.")

    in_office(data, config, work, Action.PERSON_SIGN_OUT)


@app.command()
def remove(name: Name, yes: Yes = False, data: Data = None, config: Config = None) -> None:
    """Remove a person, who is signed out everywhere by that. Their videos and channels stay."""
    if is_asked(yes=yes):
        confirm(f"Remove {name}?")

    async def work(office: "Office", act: "Act") -> None:
        row = await _found(office, act, name)
        act.tell(before=office.people.rights_of(row))
        await office.people.remove(row.id)

    in_office(data, config, work, Action.PERSON_REMOVE)


async def _found(office: "Office", act: "Act", name: str) -> "AccountRow":
    """Return whom a command is about."""
    act.concerns("person", "", name)
    row = await office.people.find(name)
    act.concerns("person", row.id, row.name)
    return row


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError:
        raise BadRequest(f"There is no role {text}: choose {', '.join(Role)}.") from None


def _quota(text: str | None) -> int | None:
    match text:
        case None | "default":
            return None
        case "none":
            return 0
    try:
        size = TypeAdapter(ByteSize).validate_python(text)
    except ValidationError:
        size = ByteSize(0)
    if not 0 < size < _MOST_BYTES:
        raise BadRequest(f"{text} is no quota: give a size like 500MiB or 50GB, `none` or `default`.")
    return size


def _channels(slugs: Iterable[str] | None) -> frozenset[ChannelSlug] | None:
    return frozenset(map(ChannelSlug, slugs)) if slugs else None


def _print_link(invitation: "Invitation", url: str, config: Path | None) -> None:
    chosen = configuration.load({"config": config})
    place = url.rstrip("/") or address_for_others(chosen) or address(chosen)
    err.print("Send this link; it works once, for three days, and is not shown again.")
    out.print(f"{place}{invitation.path}", soft_wrap=True)

"""`insta-stream tokens`: API tokens of a running server."""

from typing import Annotated, Any

import typer
from rich.table import Column, Table

from insta_stream.cli.server import DEFAULT_URL, Token, Url, connect
from insta_stream.cli.show import err, out

app = typer.Typer(
    help="API tokens of a running server: list, create, revoke. Each may do only what you choose.",
    epilog="Example:  insta-stream tokens create camera --may library:upload --may channel:air -c kids",
    no_args_is_help=True,
)


@app.command("list")
def list_tokens(url: Url = DEFAULT_URL, token: Token = "") -> None:
    """List all API tokens, with what they may do."""
    with connect(url, token) as server:
        tokens = server.call("GET", "/api/tokens")
    table = Table("name", "may", "channels", "ends", "last used", Column("id", overflow="fold"), box=None)
    for each in tokens:
        table.add_row(
            each["name"],
            " ".join(each["permissions"]),
            _channels(each),
            (each["expiresAt"] or "never")[:10],
            (each["usedAt"] or "never")[:10],
            each["id"],
        )
    out.print(table)


def _channels(token: dict[str, Any]) -> str:
    return "all" if token["channels"] is None else " ".join(token["channels"])


@app.command()
def create(
    *,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is for, to know it by.")],
    may: Annotated[
        list[str],
        typer.Option(
            metavar="PERMISSION", help="What it may do, such as `library:upload`. Give it once for each."
        ),
    ],
    channel: Annotated[
        list[str] | None,
        typer.Option("--channel", "-c", metavar="SLUG", help="For which channels. By default, for all."),
    ] = None,
    days: Annotated[int | None, typer.Option(help="After how many days it ends. By default, never.")] = None,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Create an API token and print it. It is not shown again: the server keeps only a hash."""
    body = {"name": name, "permissions": may, "channels": channel or None, "days": days}
    with connect(url, token) as server:
        issued = server.call("POST", "/api/tokens", json=body)
    err.print("Copy the token now: it is not shown again.")
    out.print(issued["secret"], soft_wrap=True)


@app.command()
def revoke(
    id_: Annotated[str, typer.Argument(metavar="ID", help="Of the token, as `tokens list` shows it.")],
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Revoke an API token. It opens nothing any more, within seconds."""
    with connect(url, token) as server:
        server.call("DELETE", f"/api/tokens/{id_}")

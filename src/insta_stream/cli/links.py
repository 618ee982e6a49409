"""`insta-stream links`: who else may watch a channel of a running server."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
from rich.table import Column, Table

from insta_stream.cli.question import Yes, confirm, is_asked
from insta_stream.cli.server import DEFAULT_URL, Server, Token, Url, connect
from insta_stream.cli.show import err, out

app = typer.Typer(
    help="Links to channels of a running server that people with a link can watch: list, create, end. And "
    "those for TV apps.",
    epilog="Example:  insta-stream links create kids Grandma --days 30",
    no_args_is_help=True,
)

_MOST_DAYS = 3650
"""A server takes no more."""

Slug = Annotated[str, typer.Argument(metavar="SLUG", help="The channel's URL name.")]


@app.command("list")
def list_links(slug: Slug, url: Url = DEFAULT_URL, token: Token = "") -> None:
    """List the links of a channel that still work, the newest first."""
    with connect(url, token) as server:
        found = server.call("GET", f"/api/channels/{slug}/links")
    table = Table("for", "ends", "made by", "only for", Column("id", overflow="fold"), box=None)
    for each in found["links"]:
        table.add_row(
            each["label"],
            (each["expiresAt"] or "never")[:16].replace("T", " "),
            each["by"] or "",
            each["site"] or each["address"] or "",
            each["id"],
        )
    out.print(table)
    if left := found["total"] - len(found["links"]):
        err.print(f"There are {left:,} older ones.")


@app.command()
def create(
    *,
    slug: Slug,
    label: Annotated[str, typer.Argument(metavar="LABEL", help="Whom it is for, to know it by.")],
    days: Annotated[
        int | None,
        typer.Option(help="After how many days it ends. By default, when you end it.", min=1, max=_MOST_DAYS),
    ] = None,
    site: Annotated[
        str | None, typer.Option(help="Only for pages of this site, such as https://example.org.")
    ] = None,
    address: Annotated[str | None, typer.Option(help="Only from this network address.")] = None,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Make a link, and print where to watch with it: the page, the player for frames, the stream."""
    expires_at = None if days is None else (datetime.now(UTC) + timedelta(days=days)).isoformat()
    body = {"label": label, "expiresAt": expires_at, "site": site, "address": address}
    with connect(url, token) as server:
        made = server.call("POST", f"/api/channels/{slug}/links", json=body)
        base = f"{_address_for_others(server)}{made['folder']}"
    for path in (f"watch/{slug}", f"embed/{slug}", f"stream/{slug}/stream.m3u8"):
        out.print(f"{base}/{path}", soft_wrap=True)


@app.command()
def end(
    slug: Slug,
    id_: Annotated[
        str, typer.Argument(metavar="ID", help="Of the link, as `links list` shows it; `all` for each one.")
    ],
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """End a link, or all of a channel. It opens nothing any more, within seconds."""
    path = f"/api/channels/{slug}/links"
    with connect(url, token) as server:
        said: dict[str, Any] = server.call("DELETE", path if id_ == "all" else f"{path}/{id_}")
    err.print(said["message"])


@app.command()
def tv(
    *,
    replace: Annotated[
        bool,
        typer.Option(
            "--replace",
            help="Replace them first: the old ones stop working within seconds. On a terminal it asks.",
        ),
    ] = False,
    yes: Yes = False,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Print the links for TV apps: the list of channels, and the guide."""
    with connect(url, token) as server:
        found = server.call("GET", "/api/tv")
        if replace:
            if found["isReplaceable"] and is_asked(yes=yes):  # otherwise the server says why they are not
                confirm("Replace the TV app links? Every TV app needs the new ones. This cannot be undone.")
            found = server.call("POST", "/api/tv/replace")
        base = _address_for_others(server)
    for path in (found["channels"], found["guide"]):
        out.print(f"{base}{path}", soft_wrap=True)


def _address_for_others(server: Server) -> str:
    """Return how others reach a server, as its settings say; else as this command does."""
    told: str | None = server.call("GET", "/api/about")["publicUrl"]
    return (told or server.address).rstrip("/")

"""`insta-stream channels`: see channels, make them, and put them on or off air."""

import time
from typing import Annotated, Any

import httpx
import typer
from rich.table import Column, Table

from insta_stream.cli.question import Yes, confirm, is_asked
from insta_stream.cli.server import DEFAULT_URL, Server, ServerSaid, Token, Url, connect
from insta_stream.cli.show import err, out

app = typer.Typer(
    help="Channels of a running server: list, create, delete, start, stop.",
    epilog="Example:  insta-stream channels create kids --title 'For the children'",
    no_args_is_help=True,
)

Slug = Annotated[str, typer.Argument(metavar="SLUG", help="The channel's URL name.")]


@app.command("list")
def list_channels(url: Url = DEFAULT_URL, token: Token = "") -> None:
    """List all channels, with what is on."""
    with connect(url, token) as server:
        channels = server.call("GET", "/api/channels")["channels"]
    # What one copies is told in full, on several lines if need be.
    slug, stream = Column("channel", overflow="fold"), Column("stream", overflow="fold")
    table = Table(slug, "title", "state", "videos", "now", stream, box=None)
    for channel in channels:
        now = channel["currentVideo"]
        table.add_row(
            channel["slug"],
            channel["title"],
            _state(channel),
            str(channel["totalVideos"]),
            now["name"] if now else "",
            channel["streamUrl"],
        )
    out.print(table)
    for channel in channels:
        if standby := channel["standby"]:
            why = f"{standby['message']} {standby['remedy']}"
            out.print(f"{channel['slug']} shows only its standby picture: {why}")


def _state(channel: dict[str, Any]) -> str:
    if channel["error"]:
        return "broken"
    return "standby" if channel["standby"] else str(channel["state"])


@app.command()
def create(
    slug: Slug,
    title: Annotated[str, typer.Option(help="Shown to viewers. By default, the slug.")] = "",
    rungs: Annotated[str, typer.Option(help="Qualities, separated by commas: 720p,480p,360p.")] = "",
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Create a channel. Its slug is part of its addresses and cannot be changed later."""
    body: dict[str, object] = {"slug": slug, "title": title or slug}
    if rungs:
        body["rungs"] = [name.strip() for name in rungs.split(",")]
    with connect(url, token) as server:
        channel = server.call("POST", "/api/channels", json=body)
    out.print(channel["streamUrl"])


@app.command()
def playback(
    slug: Slug,
    who: Annotated[
        str,
        typer.Argument(metavar="WHO", help="`public`: everyone, `link`: people with a link, `signed_in`."),
    ],
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Say who can watch a channel. It holds at once, also for those who watch now."""
    with connect(url, token) as server:
        server.call("PATCH", f"/api/channels/{slug}", json={"playback": who})


@app.command()
def delete(slug: Slug, *, yes: Yes = False, url: Url = DEFAULT_URL, token: Token = "") -> None:
    """Delete a channel that is off air; its videos stay in the library. On a terminal it asks first."""
    with connect(url, token) as server:
        if is_asked(yes=yes):
            channel = server.call("GET", f"/api/channels/{slug}")
            if channel["state"] == "off":  # otherwise the server says why it cannot be
                confirm(f"Delete {channel['title']}, its playlist and its log? This cannot be undone.")
        server.call("DELETE", f"/api/channels/{slug}")


@app.command()
def start(slug: Slug = "main", url: Url = DEFAULT_URL, token: Token = "") -> None:
    """Put a channel on air. One that is already on air stays as it is."""
    with connect(url, token) as server:
        status = _brought(server, slug, is_on=True)
    out.print(status["streamUrl"])


@app.command()
def stop(slug: Slug = "main", *, yes: Yes = False, url: Url = DEFAULT_URL, token: Token = "") -> None:
    """Take a channel off air, unless it is off air already. On a terminal it says how many are watching, and
    asks first.
    """
    with connect(url, token) as server:
        if is_asked(yes=yes):
            _ask(server, slug)
        _brought(server, slug, is_on=False)


def _ask(server: Server, slug: str) -> None:
    """Ask whether a channel that is on air may be stopped."""
    channel = server.call("GET", f"/api/channels/{slug}")
    if channel["state"] != "off":
        viewers = server.call("GET", f"/api/channels/{slug}/viewers", params={"since": int(time.time())})
        confirm(f"{_watching(viewers['now'])} {channel['title']}. Stop it?")


def _brought(server: Server, slug: str, *, is_on: bool) -> Any:
    """Bring a channel on or off air; return its status. Where it is there already, that is no error."""
    path = f"/api/channels/{slug}/stream"
    try:
        return server.call("POST", f"{path}/{'start' if is_on else 'stop'}")
    except ServerSaid as refusal:
        if refusal.status != httpx.codes.CONFLICT:
            raise
        status = server.call("GET", f"{path}/status")
        if status["isStreaming"] != is_on:
            raise
    err.print(f"The channel is already {'on' if is_on else 'off'} air.")
    return status


def _watching(viewers: int) -> str:
    """Return how many watch, an estimate, up to the name of what they watch."""
    if viewers == 0:
        return "Nobody seems to be watching"
    return "About 1 person is watching" if viewers == 1 else f"About {viewers:,} people are watching"

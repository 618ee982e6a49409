"""`insta-stream export`: a channel's playlist in the format of playlist.json."""

import json
from pathlib import Path
from typing import Annotated

import typer

from insta_stream.cli.server import DEFAULT_URL, ChannelOption, Token, Url, connect
from insta_stream.errors import BadRequest


def export_playlist(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="The file to write. By default, the terminal.")
    ] = None,
    channel: ChannelOption = "main",
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Write a channel's playlist in the format of playlist.json, with the paths of the originals.

    Example:  insta-stream export --channel kids kids.json
    """
    with connect(url, token) as server:
        items = server.call("GET", f"/api/channels/{channel}/export")
    text = json.dumps(items, indent=2, ensure_ascii=False) + "\n"
    if file is None:
        typer.echo(text, nl=False)
    else:
        try:
            file.write_text(text, encoding="utf-8")
        except OSError as error:
            raise BadRequest(f"{file} cannot be written ({error.strerror}): name another file.") from error

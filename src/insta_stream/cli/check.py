"""`insta-stream check`: watch a live stream and say where it breaks the rules of HLS."""

from typing import Annotated
from urllib.parse import urljoin, urlsplit

import typer


def check(
    url: Annotated[
        str, typer.Argument(metavar="URL", help="A playlist, or a server (then its main channel is checked).")
    ],
    seconds: Annotated[float, typer.Option(help="How long to watch.", min=1)] = 30,
    sample: Annotated[int, typer.Option(help="Fetch only one in this many pairs of segments.", min=1)] = 1,
    *,
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    decode: Annotated[bool, typer.Option("--decode", help="Also decode the segments.")] = False,
    tolerate_restart: Annotated[
        bool, typer.Option("--tolerate-restart", help="Keep checking while the server is down.")
    ] = False,
) -> None:
    """Check a live HLS stream, of this server or any other, against the rules of RFC 8216.

    Exits with status 0 if no rule is broken. For the rules, see docs/reference/hls-rules.md.

    For instance:

        insta-stream check http://127.0.0.1:3000

        insta-stream check http://127.0.0.1:3000/stream/rewind.m3u8

        insta-stream check --seconds 600 --json https://tv.example.org/live.m3u8
    """
    if not url.startswith(("http://", "https://")):
        raise typer.BadParameter(
            "The address of a playlist starts with http:// or https://.", param_hint="URL"
        )
    if urlsplit(url).path in {"", "/"}:
        url = urljoin(url, "/stream/stream.m3u8")
    from insta_stream.check.command import run_check  # noqa: PLC0415 - only this command needs it

    status = run_check(
        url, seconds, json=json, decode=decode, tolerate_restart=tolerate_restart, sample=sample
    )
    raise typer.Exit(status)

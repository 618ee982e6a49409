"""`insta-stream upload`: send files to a running server, with a bar that moves."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from insta_stream.cli.files import expand
from insta_stream.cli.memory import Memory, cache_folder
from insta_stream.cli.sender import Sender, Sent
from insta_stream.cli.server import DEFAULT_URL, ChannelOption, Server, Token, Url, connect
from insta_stream.cli.show import complain, err, length, out
from insta_stream.errors import BadRequest, InstaStreamError
from insta_stream.library.video import NOTICES


def upload(  # noqa: PLR0917 - typer passes by name
    files: Annotated[
        list[str], typer.Argument(metavar="FILE", help="The videos: files, folders, or patterns.")
    ],
    channel: ChannelOption = "main",
    library: Annotated[
        bool, typer.Option("--library", help="Upload to the library only, not to a channel's playlist.")
    ] = False,
    wait: Annotated[
        bool, typer.Option(help="Wait until the server has inspected each file, and show the result.")
    ] = True,
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Upload videos to a running server; they join the end of a channel's playlist.

    If the connection breaks or the server is down, the upload resumes as soon as possible.
    After Ctrl-C, run the same command again to resume.

    For instance:

        insta-stream upload holiday.mp4 garden.mov

        insta-stream upload --channel kids --server http://192.0.2.7:3000 ~/Videos

        insta-stream upload --library --no-wait *.mkv
    """
    failed = 0
    meant = expand(files)
    with connect(url, token) as server, progress_bar() as bar:
        for file in meant:
            try:
                sent = _send(server, file, file.name, "" if library else channel, bar)
                out.print(_line(file, sent, is_awaited=wait))
            except InstaStreamError as error:
                failed += 1
                complain(f"{file}: {error.message}")
            except KeyboardInterrupt:
                err.print(f"Stopped. The same command resumes {file} where it was.")
                raise
    if failed:
        raise typer.Exit(1)


def _line(file: Path, sent: Sent, *, is_awaited: bool) -> str:
    if not is_awaited:
        sent.forget()
        return f"{file.name}  {sent.id}"
    video = sent.outcome()
    for caution in video["cautions"]:
        if caution["code"] in NOTICES:
            err.print(f"{video['name']}: {caution['message']}")
    return f"{video['name']}  {length(video['duration'])}  {video['id']}"


def progress_bar() -> Progress:
    """Return a bar for uploads, on standard error."""
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=err,
        transient=True,
    )


def send(server: Server, file: Path, name: str, channel: str, bar: Progress) -> dict[str, Any]:
    """Upload one file under `name`, and return what the server says of the video. Raises InstaStreamError."""
    return _send(server, file, name, channel, bar).outcome()


def _send(server: Server, file: Path, name: str, channel: str, bar: Progress) -> Sent:
    task = bar.add_task(name, total=None)
    try:
        bar.update(task, total=file.stat().st_size)
        sender = Sender(server, Memory(cache_folder()), err.print)
        return sender.send(file, name, channel, lambda offset: bar.update(task, completed=offset))
    except OSError as error:
        raise BadRequest(f"It cannot be read ({error.strerror or error}).") from error
    finally:
        bar.remove_task(task)

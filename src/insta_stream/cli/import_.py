"""`insta-stream import`: bring a playlist.json of the application before this one, with its files.

Every file is uploaded to the running server under its old name, in the old order; one that is in the list
several times, or that this server exported, is in the library and not sent again. What the channel's playlist
already has (the same name and size) is left as it is, so that an import that broke off can be repeated.
"""

import os.path
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from insta_stream.cli.server import DEFAULT_URL, ChannelOption, Server, ServerSaid, Token, Url, connect
from insta_stream.cli.show import complain, out
from insta_stream.cli.upload import progress_bar, send
from insta_stream.errors import BadRequest, InstaStreamError
from insta_stream.library.names import display_name


class OldItem(BaseModel):
    """An item of playlist.json; what is not needed here is not asked for."""

    model_config = ConfigDict(alias_generator=to_camel, frozen=True, coerce_numbers_to_str=True)

    id: str | None = None
    original_name: str
    path: str = ""
    filename: str = ""


_UNKNOWN = {404, 422}
"""How the server answers to the id of another application."""

_ITEMS = TypeAdapter(tuple[OldItem, ...])


def import_playlist(
    playlist: Annotated[
        Path,
        typer.Argument(
            metavar="PLAYLIST.json", help="The playlist.json to import.", exists=True, dir_okay=False
        ),
    ],
    files: Annotated[
        Path | None,
        typer.Option(help="The folder of the files, if they are not where the list says.", file_okay=False),
    ] = None,
    channel: ChannelOption = "main",
    url: Url = DEFAULT_URL,
    token: Token = "",
) -> None:
    """Import a playlist.json, with the files that it points to, into a running server.

    Names and order stay. Repeat the command after a failure: what arrived is not sent again.

    For instance:

        insta-stream import ../old-app/playlist.json

        insta-stream import playlist.json --files /srv/old-app/uploads
    """
    items = read(playlist)
    folders = [files] if files else [playlist.parent, playlist.parent / "uploads", Path()]
    sent = failed = 0
    with connect(url, token) as server, progress_bar() as bar:
        present = _present(server, channel)
        sent_as: dict[tuple[Path, str], str] = {}
        for item in items:
            try:
                file = find(item, folders)
                known = (display_name(item.original_name), file.stat().st_size)
                if known in present:
                    present.remove(known)
                    continue
                again = file.resolve(), item.original_name
                if video := sent_as.get(again) or _in_library(server, item.id, known):
                    server.call("POST", f"/api/channels/{channel}/playlist", json={"videos": [video]})
                else:
                    sent_as[again] = send(server, file, item.original_name, channel, bar)["id"]
                sent += 1
            except InstaStreamError as error:
                failed += 1
                complain(f"{item.original_name}: {error.message}")
    out.print(f"{sent} imported, {len(items) - sent - failed} already there, {failed} failed.")
    if failed:
        raise typer.Exit(1)


def read(playlist: Path) -> tuple[OldItem, ...]:
    """Return the items of a playlist.json. Raises BadRequest."""
    try:
        return _ITEMS.validate_json(playlist.read_bytes())
    except (OSError, ValidationError) as error:
        raise BadRequest(
            f"{playlist} is not a playlist.json: it must be a list of objects with `originalName` and `path`."
        ) from error


def find(item: OldItem, folders: list[Path]) -> Path:
    """Return where the file of an item is: as the list says, or by its name in one of `folders`."""
    names = [name for name in (item.path, item.filename, Path(item.path).name) if name]
    candidates = [Path(item.path), *(folder / name for folder in folders for name in names)]
    for candidate in candidates:
        if os.path.isfile(candidate):  # noqa: PTH113 - pathlib's raises where a path cannot be followed
            return candidate
    raise BadRequest(f"its file {item.path or item.filename!r} was not found; name its folder with --files.")


def _present(server: Server, channel: str) -> list[tuple[str, int]]:
    """Return name and size of every video in the channel's playlist."""
    items = server.call("GET", f"/api/channels/{channel}/export")
    return [(display_name(item["originalName"]), item["size"]) for item in items]


def _in_library(server: Server, id_: str | None, known: tuple[str, int]) -> str:
    """Return the id of an item where it is a video of this server with that name and size, else ""."""
    if not id_:
        return ""
    try:
        video = server.call("GET", f"/api/videos/{quote(id_, safe='')}")
    except ServerSaid as error:
        if error.status not in _UNKNOWN:
            raise
        return ""
    return id_ if (display_name(video["name"]), video["sizeBytes"]) == known else ""

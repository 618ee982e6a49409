"""`insta-stream backup` and `insta-stream restore`."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from insta_stream.access.action import Action
from insta_stream.cli.clock import tell_if_ahead
from insta_stream.cli.places import Config, Data, data_folder
from insta_stream.cli.show import err, out
from insta_stream.cli.witness import witnessed
from insta_stream.errors import BadRequest, InstaStreamError
from insta_stream.storage.folder import DataFolder

if TYPE_CHECKING:
    from insta_stream.backup.reader import Tell
    from insta_stream.backup.save import Begin
    from insta_stream.backup.seal import Seal


def backup(
    destination: Annotated[
        Path, typer.Argument(metavar="DESTINATION", help="A folder, or a file ending in .tar.")
    ],
    *,
    data: Data = None,
    config: Config = None,
    without_originals: Annotated[
        bool, typer.Option("--without-originals", help="Leave out the uploaded files.")
    ] = False,
    without_packages: Annotated[
        bool,
        typer.Option(
            "--without-packages",
            help="Leave out encoded video. After a restore, it is encoded again from the originals.",
        ),
    ] = False,
    incomplete: Annotated[
        bool,
        typer.Option(
            "--incomplete",
            help="Save what is there even if files are missing. Nothing is removed from an existing backup.",
        ),
    ] = False,
    verify: Annotated[
        bool,
        typer.Option("--verify", help="Check whether an existing backup is complete, instead of making one."),
    ] = False,
) -> None:
    """Back up a data folder, whether or not a server is running on it.

    A destination folder can be reused: files that are already in it are not copied again. An unfinished
    backup is never mistaken for a complete one, and no backup is made if files that the database names are
    missing.

    For instance:

        insta-stream backup /mnt/backup/tv

        insta-stream backup --without-packages /mnt/backup/tv-2026-11-22.tar

        insta-stream backup --verify /mnt/backup/tv
    """
    from insta_stream.backup import restore as restoring  # noqa: PLC0415 - half a second for other commands
    from insta_stream.backup.content import Choice  # noqa: PLC0415
    from insta_stream.backup.save import save  # noqa: PLC0415

    if verify:
        with _progress("Reading") as begin:
            seal, count = restoring.verify(destination, begin)
        out.print(f"The backup of {seal.taken_at} is complete: {count} files, {seal.videos} videos.")
        _tell_missing(seal)
        return
    if without_originals and without_packages:
        raise BadRequest(
            "That backup would contain no video: leave out either originals or packages, not both."
        )
    folder = data_folder(data, config)
    choice = Choice(originals=not without_originals, packages=not without_packages)
    with _progress("Saving") as begin:
        now = datetime.now(UTC).replace(microsecond=0)
        seal = save(folder, destination, choice, now, begin, is_incomplete=incomplete)
    out.print(f"Backup of {seal.videos} videos and {seal.channels} channels written to {destination}.")
    _tell_missing(seal)


def restore(
    source: Annotated[Path, typer.Argument(metavar="BACKUP", help="The folder or tar file.")],
    data: Annotated[
        Path, typer.Option(metavar="FOLDER", help="The data folder to create. It must be new or empty.")
    ],
) -> None:
    """Create a data folder from a backup. Channels that were on air resume when a server starts on it.

    They begin new broadcasts, with numbers that no player has seen, so players must load stream.m3u8 again.
    Everything is checked, and the data folder appears only once it is complete.

    For instance:

        insta-stream restore /mnt/backup/tv --data /srv/tv

        insta-stream serve --data /srv/tv
    """
    from insta_stream.backup import restore as restoring  # noqa: PLC0415 - as above

    with _progress("Restoring") as begin:
        seal, bare = restoring.restore(source, data, begin)
    asyncio.run(_note(DataFolder.under(data), seal))
    out.print(f"{data} is restored as of {seal.taken_at}: {seal.videos} videos, {seal.channels} channels.")
    if bare:
        out.print(
            f"Videos that cannot air because the backup has no files for them: {bare}. Upload them again."
        )
    tell_if_ahead(DataFolder.under(data))


async def _note(folder: DataFolder, seal: "Seal") -> None:
    """Let the activity log say that from here on it is a restored one."""
    from insta_stream.db.engine import Database  # noqa: PLC0415 - as above

    database = Database(folder.database)
    try:
        async with witnessed(database, Action.BACKUP_RESTORE) as act:
            act.tell(after={"takenAt": seal.taken_at})
    finally:
        await database.close()


def _tell_missing(seal: "Seal") -> None:
    if seal.missing:
        out.print(f"Files that were already missing when it was made: {seal.missing}.")


@contextmanager
def _progress(what: str) -> Iterator["Begin"]:
    """Show a bar on a terminal, from the moment on at which it is known how much there is to do."""
    columns = BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn()
    is_hidden = not err.is_terminal
    with Progress(TextColumn(what), *columns, console=err, transient=True, disable=is_hidden) as bar:

        def begin(total_bytes: int) -> "Tell":
            task = bar.add_task(what, total=total_bytes)
            return lambda count: bar.advance(task, count)

        try:
            yield begin
        except (OSError, sqlite3.Error) as error:
            raise InstaStreamError(
                f"{what} stopped, and is not kept as a complete backup: {error}."
            ) from error

"""`insta-stream adopt`: let folders be those of a data folder, whatever they were."""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from insta_stream.access.action import Action
from insta_stream.cli.places import Config, Data, data_folder
from insta_stream.cli.show import out
from insta_stream.cli.tenure import await_lock, create_folders
from insta_stream.cli.witness import witnessed
from insta_stream.storage.folder import DataFolder


def adopt(
    data: Data = None,
    config: Config = None,
    upload_dir: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="The folder of originals. By default, the one that `serve` uses."
        ),
    ] = None,
    stream_dir: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="The folder of encoded video. By default, the one that `serve` uses."
        ),
    ] = None,
) -> None:
    """Make the folders of originals and packages part of this data folder, whatever they belonged to.

    Use it if `serve` refuses folders that you want to use: a disk was replaced and its files are lost, or the
    database is a different one on purpose. It deletes nothing. The next start encodes what is missing from
    the originals that are there.

    For instance:

        insta-stream adopt --data /srv/tv --stream-dir /mnt/new-disk/stream
    """
    folder = data_folder(data, config, upload_dir, stream_dir)
    create_folders(folder)
    for what, place, found, named in asyncio.run(_adopt(folder)):
        out.print(f"{place.absolute()} has {found} of the {named} {what} in the database.")


async def _adopt(folder: DataFolder) -> Iterable[tuple[str, Path, int, int]]:
    from insta_stream.db.engine import Database  # noqa: PLC0415 - half a second for no other command
    from insta_stream.db.installation import claim  # noqa: PLC0415

    lock = await_lock(folder)
    database = Database(folder.database)
    try:
        await database.upgrade()
        async with witnessed(database, Action.FOLDERS_ADOPT) as act:
            act.tell(after={"originals": folder.uploads.absolute(), "packages": folder.stream.absolute()})
            known = await claim(database, folder, is_adopted=True)
    finally:
        await database.close()
        lock.release()
    originals, packages = known.originals & folder.originals(), known.packages & folder.packages()
    return (
        ("originals", folder.uploads, len(originals), len(known.originals)),
        ("packages", folder.stream, len(packages), len(known.packages)),
    )

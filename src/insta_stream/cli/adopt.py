"""`insta-stream adopt`: let folders be those of a data folder, whatever they were."""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from insta_stream.cli.places import Config, Data, data_folder
from insta_stream.cli.serve import await_lock, create_folders
from insta_stream.cli.show import out
from insta_stream.storage.folder import DataFolder


def adopt(
    data: Data = None,
    config: Config = None,
    upload_dir: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where originals are; as `serve` finds it.")
    ] = None,
    stream_dir: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where packages are; as `serve` finds it.")
    ] = None,
) -> None:
    """Make the folders of originals and packages part of this data folder, whatever they belonged to.

    For when `serve` refuses them and is wrong: a disk was replaced and its files are lost, or the database is
    another one, and meant to be. It deletes nothing; the next start packages what is missing from originals
    that are there.

    For instance:

        insta-stream adopt --data /srv/tv --stream-dir /mnt/new-disk/stream
    """
    folder = data_folder(data, config, upload_dir, stream_dir)
    create_folders(folder)
    for what, place, found, named in asyncio.run(_adopt(folder)):
        out.print(f"{place.absolute()} has {found} of the {named} {what} that the database names.")


async def _adopt(folder: DataFolder) -> Iterable[tuple[str, Path, int, int]]:
    from insta_stream.db.engine import Database  # noqa: PLC0415 - half a second for no other command
    from insta_stream.db.installation import claim  # noqa: PLC0415

    lock = await_lock(folder)
    database = Database(folder.database)
    try:
        await database.upgrade()
        known = await claim(database, folder, is_adopted=True)
    finally:
        await database.close()
        lock.release()
    originals, packages = known.originals & folder.originals(), known.packages & folder.packages()
    return (
        ("originals", folder.uploads, len(originals), len(known.originals)),
        ("packages", folder.stream, len(packages), len(known.packages)),
    )

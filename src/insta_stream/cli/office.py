"""Lets commands work on the database of a data folder, with or without a running server."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from insta_stream import logs
from insta_stream.access.action import Action
from insta_stream.cli.places import data_folder
from insta_stream.cli.witness import witnessed
from insta_stream.errors import WrongState

if TYPE_CHECKING:
    from insta_stream.access.act import Act
    from insta_stream.access.office import Office


def in_office(
    data: Path | None,
    config: Path | None,
    work: Callable[["Office", "Act"], Awaitable[None]],
    action: Action | None = None,
) -> None:
    """Do something with the database of a data folder, and write it down. action: None for what changes
    nothing. Raises WrongState where there is none.
    """
    from insta_stream.access.office import opened  # noqa: PLC0415 - half a second for no other command

    logs.configure("auto", "warning")
    path = data_folder(data, config).database
    if not path.exists():
        raise WrongState(
            f"There is no database in {path.parent.absolute()} yet: start the server there once, or name "
            "another folder with --data."
        )

    async def done() -> None:
        async with opened(path) as office, witnessed(office.database, action) as act:
            await work(office, act)

    asyncio.run(done())

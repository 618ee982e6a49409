"""Where things are, for commands that read a data folder without a server."""

from pathlib import Path
from typing import Annotated

import typer

from insta_stream import settings
from insta_stream.storage.folder import DataFolder

Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="FOLDER", help="The data folder; as `serve` finds it when not given."),
]
Config = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="The file with settings.")]


def data_folder(data: Path | None, config: Path | None) -> DataFolder:
    """Return the data folder that the flags, the environment and the file say. Raises BadSettings."""
    chosen = settings.load({"data": data, "config": config})
    return DataFolder(chosen.data, chosen.uploads, chosen.stream)

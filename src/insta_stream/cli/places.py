"""Where things are, for commands that read a data folder without a server."""

from pathlib import Path
from typing import Annotated

import typer

from insta_stream import configuration
from insta_stream.storage.folder import DataFolder
from insta_stream.storage.installation import located

Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="FOLDER", help="The data folder. By default, the one that `serve` uses."),
]
Config = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="The settings file.")]


def data_folder(
    data: Path | None, config: Path | None, uploads: Path | None = None, stream: Path | None = None
) -> DataFolder:
    """Return the data folder that the flags, the environment and the file say, or the one last used.

    Raises BadSettings, and what `located` raises.
    """
    flags = {"data": data, "config": config, "upload_dir": uploads, "stream_dir": stream}
    chosen = configuration.load(flags)
    return located(chosen.data, chosen.upload_dir, chosen.stream_dir)

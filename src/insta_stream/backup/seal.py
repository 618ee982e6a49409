"""What a backup says of itself: `backup.json`, and the list of its files with their checksums.

    backup.json                       what this is; in a folder it is written last
    files.{instant}.sha256            a line for each file, as `sha256sum` reads and writes it, and how many
    insta-stream.{instant}.db         the database
    uploads/{video}                   originals
    stream/{package}/...              packages, as in the data folder

Two of these have the instant in their names, so that a backup into the same folder stands beside the one
before it until `backup.json` names the new ones.
"""

import re
from pathlib import Path
from typing import BinaryIO

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from insta_stream.errors import InstaStreamError

FORMAT = 1
SEAL = "backup.json"
MAX_SEAL_BYTES = 65_536

is_part = re.compile(
    r"insta-stream\.\d{8}T\d{6}Z\.db|uploads/[0-9a-f]{32}|"
    r"stream/[0-9a-f]{32}/(?:(?:poster|strip)\.jpg|[a-z0-9]{1,16}/\d{1,9}\.ts)"
).fullmatch
"""Whether this is the name of a file that a backup has; no other name of a stranger's file becomes a path."""


class BadBackup(InstaStreamError):
    """This is no whole backup."""

    code = "bad_backup"


class Seal(BaseModel):
    """What a backup is. taken_at: ISO 8601, UTC. revision: of the tables of the database.

    segment_seconds: the packaging profile of the data folder. database, checksums: names of those files.
    installation: whose backup it is. missing: how many files were lost already when it was made. Backups of
    earlier versions do not have these two.
    """

    model_config = ConfigDict(alias_generator=to_camel, frozen=True, populate_by_name=True)

    format: int = FORMAT
    version: str
    revision: str
    taken_at: str
    segment_seconds: int | None
    channels: int
    videos: int
    has_originals: bool
    has_packages: bool
    database: str
    checksums: str
    installation: str = ""
    missing: int = 0

    def to_text(self) -> str:
        """Return the content of backup.json."""
        return self.model_dump_json(by_alias=True, indent=2) + "\n"


def read_seal(file: BinaryIO, where: Path) -> Seal:
    """Return what a backup says of itself. Raises BadBackup, also for one that a newer version has made."""
    try:
        text = file.read(MAX_SEAL_BYTES)
        stated = _Format.model_validate_json(text).format
        if stated > FORMAT:
            raise BadBackup(
                f"{where} was made by a newer version of Insta-Stream: use that one.", code="newer_backup"
            )
        return Seal.model_validate_json(text)
    except ValidationError as error:
        raise BadBackup(f"{SEAL} in {where} is damaged: this backup cannot be used.") from error


class _Format(BaseModel):
    format: int


def line(name: str, checksum: str) -> str:
    """Return a file's line in the list."""
    return f"{checksum}  {name}\n"


def last_line(files: int, size_bytes: int) -> str:
    """Return the line that ends the list; `sha256sum --check` passes over it."""
    return f"# {files} files, {size_bytes} bytes\n"

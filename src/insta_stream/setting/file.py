"""What a settings file says, under the names of today and those of the application before this one."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from insta_stream.errors import BadSettings
from insta_stream.setting.names import OLD_NAMES, PREFIX

REMEDY = "Give the path of an existing file."


def read(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what a file says under today's names, and under the old ones."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings(f"The settings file {path} cannot be read ({error}). {REMEDY}") from error
    if path.suffix == ".env" or path.name == ".env":
        pairs = {name: value for name, value in dotenv_values(path, interpolate=False).items() if value}
        new = {n.removeprefix(PREFIX).lower(): v for n, v in pairs.items() if n.startswith(PREFIX)}
        return new, from_old_names(pairs)
    try:
        return tomllib.loads(text), {}
    except tomllib.TOMLDecodeError as error:
        raise BadSettings(f"The settings file {path} is not valid TOML: {error}.") from error


def from_old_names(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings that `environment` has under the old names; the old upload limit counts in MiB."""
    found = {new: value for old, new in OLD_NAMES.items() if (value := environment.get(old))}
    if "max_upload_bytes" in found:
        found["max_upload_bytes"] += "MiB"
    return found

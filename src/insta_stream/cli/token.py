"""A token that is kept in a file, which is made where there is none."""

import os
import secrets
from pathlib import Path

from pydantic import SecretStr

from insta_stream.configuration import remedy_of
from insta_stream.errors import BadSettings
from insta_stream.setting.kinds import is_token
from insta_stream.settings import Settings


def with_token(settings: Settings) -> Settings:
    """Return the settings with the token of their file, where they have none. Raises BadSettings."""
    path = settings.token_file
    if settings.token or path is None:
        return settings
    token = read(path) or _make(path)
    return settings.model_copy(update={"token": SecretStr(token)})


def read(path: Path) -> str | None:
    """Return the token in a file, None where there is no file. Raises BadSettings."""
    try:
        token = path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings(
            f"The token file {path} cannot be read ({error}). {remedy_of('token_file')}"
        ) from error
    if not is_token(token):
        raise BadSettings(
            f"The token file {path} does not contain a valid token. {remedy_of('token')} Or remove the "
            "file: the next start creates a new one."
        )
    return token


def _make(path: Path) -> str:
    """Write a new token into a file that only this user can read; there is all of it or nothing."""
    token, unfinished = secrets.token_urlsafe(), path.with_name(f"{path.name}.new")
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(f"{token}\n")
        unfinished.rename(path)
    except OSError as error:
        raise BadSettings(
            f"The token file {path} cannot be created ({error.strerror}). {remedy_of('token_file')}"
        ) from error
    return token

"""Finds the settings, and says in a sentence what is wrong with one."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError

from insta_stream.errors import BadSettings
from insta_stream.setting.names import names_of
from insta_stream.settings import Settings

_SECRETS = frozenset({"token", "oidc_client_secret"})
"""Settings whose values are not repeated."""


def load(flags: Mapping[str, Any] | None = None) -> Settings:
    """Return the settings; `flags` win over everything else. Raises BadSettings, a sentence per mistake."""
    given = {name: value for name, value in (flags or {}).items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        raise BadSettings("\n".join(_word(dict(each)) for each in error.errors(include_url=False))) from error


def remedy_of(name: str) -> str:
    """Return the sentence that mends a wrong value of the setting."""
    extra = Settings.model_fields[name].json_schema_extra
    assert isinstance(extra, dict)
    return str(extra["remedy"])


def _word(error: dict[str, Any]) -> str:
    """Say one validation error as a sentence that names the setting and the remedy."""
    if not error["loc"]:
        return str(error["ctx"]["error"]) if "error" in error.get("ctx", {}) else str(error["msg"])
    name = str(error["loc"][0])
    if name not in Settings.model_fields:
        close = get_close_matches(name, Settings.model_fields, n=1)
        hint = f" Did you mean {close[0]}?" if close else " docs/reference/settings.md lists all settings."
        return f"There is no setting called {name}.{hint}"
    value = "the value given" if name in _SECRETS else repr(error["input"])
    return f"The setting {name} ({', '.join(names_of(name))}) cannot be {value}. {remedy_of(name)}"

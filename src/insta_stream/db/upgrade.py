"""Migrations: shipped inside the package, run where a start finds older tables, in one transaction.

Alembic is imported only then: with what it brings along it takes a seventh of what a start takes.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from insta_stream.errors import NotReady, WrongState

if TYPE_CHECKING:
    from alembic.config import Config

_MIGRATIONS = Path(__file__).parent / "migrations"
_KNOWN = frozenset(path.name[1:5] for path in _MIGRATIONS.glob("versions/v[0-9]*.py"))
"""The migrations of this version: their files begin with v and the revision."""

_TABLE = "alembic_version"


def upgrade(connection: Connection) -> None:
    """Bring the tables up to the newest migration; the caller's transaction holds the write lock.

    Raises WrongState ("newer_data") when the database is at a migration that this version does not have,
    NotReady where nobody can tell at which it is.
    """
    present = revision(connection)
    if is_newest(present):
        return
    if not (present is None or is_known(present)):
        raise WrongState(
            "The data folder was written by a newer version of Insta-Stream. Install that version again, "
            "or restore a backup from before the upgrade.",
            code="newer_data",
        )
    if present is None and set(inspect(connection).get_table_names()) - {_TABLE}:
        raise NotReady(
            "The database is damaged or belongs to another program: it has no version. Restore a backup "
            "into a new folder."
        )
    _migrate(connection, present)


def _migrate(connection: Connection, present: str | None) -> None:
    from alembic import command  # noqa: PLC0415 - see above

    config = _config()
    config.attributes["connection"] = connection
    if present == "0004" and not _has_third_step(connection):
        command.stamp(config, "0002")
    command.upgrade(config, "head")


def _has_third_step(connection: Connection) -> bool:
    """Return whether 0003 was done. It once followed 0004; a database may have been left between the two."""
    return any(column["name"] == "released_at" for column in inspect(connection).get_columns("video"))


def revision(connection: Connection) -> str | None:
    """Return the migration that a database is at, None for one without tables."""
    if not inspect(connection).has_table(_TABLE):
        return None
    found: str | None = connection.scalar(text(f"SELECT version_num FROM {_TABLE}"))  # noqa: S608 - ours
    return found


def is_known(migration: str) -> bool:
    """Say whether this version has a migration."""
    return migration in _KNOWN


def is_newest(migration: str | None) -> bool:
    """Say whether a migration is the last one that this version has."""
    return migration == max(_KNOWN)


def _config() -> "Config":
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config

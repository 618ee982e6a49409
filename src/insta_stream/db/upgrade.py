"""Migrations: shipped inside the package, run at every start, in one transaction."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from insta_stream.errors import NotReady, WrongState

_MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(connection: Connection) -> None:
    """Bring the tables up to the newest migration; the caller's transaction holds the write lock.

    Raises WrongState ("newer_data") when the database is at a migration that this version does not have,
    NotReady where nobody can tell at which it is.
    """
    config = _config()
    config.attributes["connection"] = connection
    present = revision(connection)
    if not (present is None or is_known(present)):
        raise WrongState(
            "The data folder was written by a newer version of Insta-Stream. Install that version again, "
            "or restore a backup from before the upgrade.",
            code="newer_data",
        )
    if present is None and set(inspect(connection).get_table_names()) - {"alembic_version"}:
        raise NotReady(
            "The database is damaged, or another program's: it does not say of which version its tables are. "
            "Restore a backup into a new folder."
        )
    if present == "0004" and not _has_third_step(connection):
        command.stamp(config, "0002")
    command.upgrade(config, "head")


def _has_third_step(connection: Connection) -> bool:
    """Return whether 0003 was done. It once followed 0004; a database may have been left between the two."""
    return any(column["name"] == "released_at" for column in inspect(connection).get_columns("video"))


def revision(connection: Connection) -> str | None:
    """Return the migration that a database is at, None for one without tables."""
    return MigrationContext.configure(connection).get_current_revision()


def is_known(migration: str) -> bool:
    """Say whether this version has a migration."""
    scripts = ScriptDirectory.from_config(_config()).walk_revisions()
    return any(script.revision == migration for script in scripts)


def is_newest(migration: str | None) -> bool:
    """Say whether a migration is the last one that this version has."""
    return migration == ScriptDirectory.from_config(_config()).get_current_head()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config

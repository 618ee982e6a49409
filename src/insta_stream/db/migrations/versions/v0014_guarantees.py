"""What must never be is refused by the database, by name."""

from alembic import op

revision = "0014"
down_revision = "0013"

# What cannot be read is a number of nothing.
_FIRST_MSN = "CASE WHEN json_valid(body) THEN json_extract(body, '$.first_msn') END"

_LATEST = 10**17
"""What is beyond this is damaged, and may be mended."""

_RISES = """
    CREATE TRIGGER {table}_{column}_rises BEFORE UPDATE OF {column} ON {table}
    WHEN typeof(OLD.{column}) = 'integer' AND NEW.{column} < OLD.{column} AND OLD.{column} <= {latest}
    BEGIN SELECT RAISE(ABORT, '{table}_{column}_rises'); END
"""

_RELEASED = """
    CREATE TRIGGER video_released_after_it_was_deleted BEFORE UPDATE OF released_at, deleted_at ON video
    WHEN NEW.released_at IS NOT NULL AND NEW.deleted_at IS NULL
    BEGIN SELECT RAISE(ABORT, 'video_released_after_it_was_deleted'); END
"""


def upgrade() -> None:
    """Add the indexes and triggers. A number that is damaged may be mended."""
    op.execute(f"CREATE UNIQUE INDEX run_first_msn_once ON run (channel, {_FIRST_MSN})")
    op.execute("CREATE UNIQUE INDEX package_current_once ON package (video) WHERE is_current")
    for table, column in (("news", "revision"), ("news", "library"), ("channel", "revision")):
        op.execute(_RISES.format(table=table, column=column, latest=_LATEST))
    op.execute(_RELEASED)

"""What tells every process on the database that a channel has changed."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

# What is damaged may be mended.
_TRIGGERS = tuple(
    f"""
    CREATE TRIGGER {table}_revision_rises BEFORE UPDATE OF revision ON {table}
    WHEN typeof(OLD.revision) = 'integer' AND NEW.revision < OLD.revision
    BEGIN SELECT RAISE(ABORT, '{table}_revision_rises'); END
    """
    for table in ("news", "channel")
)


def upgrade() -> None:
    """Add the news, and number the edits of channels from here on."""
    op.create_table(
        "news",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("last_deletion", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="news_pk"),
        sa.CheckConstraint("id = 1", name=op.f("news_one_row")),
    )
    op.execute("INSERT INTO news (id, revision, last_deletion) VALUES (1, 0, 0)")
    op.add_column("channel", sa.Column("revision", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("channel", sa.Column("effective_at", sa.BigInteger))
    op.create_index("channel_revision_index", "channel", ["revision"])
    for trigger in _TRIGGERS:
        op.execute(trigger)

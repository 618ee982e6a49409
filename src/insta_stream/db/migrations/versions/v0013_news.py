"""What tells every process on the database that a channel, a video or a package has changed."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the news, and number what is changed from here on."""
    op.create_table(
        "news",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("last_deletion", sa.BigInteger, nullable=False),
        sa.Column("library", sa.BigInteger, nullable=False),
        sa.Column("last_forgotten", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="news_pk"),
        sa.CheckConstraint("id = 1", name=op.f("news_one_row")),
    )
    op.execute(
        "INSERT INTO news (id, revision, last_deletion, library, last_forgotten) VALUES (1, 0, 0, 0, 0)"
    )
    for table in ("channel", "video", "package"):
        op.add_column(table, sa.Column("revision", sa.BigInteger, nullable=False, server_default="0"))
        op.create_index(f"{table}_revision_index", table, ["revision"])
    op.add_column("channel", sa.Column("effective_at", sa.BigInteger))

"""What is deleted can come back for a while, and originals may be dropped."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_VIDEO = sa.table(
    "video", sa.column("deleted_at"), sa.column("released_at"), sa.column("has_original", sa.Boolean)
)


def upgrade() -> None:
    """Add the columns and the table; what was deleted before is gone for good."""
    op.add_column("video", sa.Column("released_at", sa.BigInteger, nullable=True))
    op.add_column("video", sa.Column("has_original", sa.Boolean, nullable=False, server_default=sa.true()))
    gone = _VIDEO.update().where(_VIDEO.c.deleted_at.is_not(None))
    op.execute(gone.values(released_at=_VIDEO.c.deleted_at, has_original=sa.false()))
    op.add_column("channel", sa.Column("absent", sa.JSON, nullable=False, server_default="[]"))
    op.create_table(
        "echo",
        sa.Column("package", sa.String(32), nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("package", name="echo_pk"),
    )

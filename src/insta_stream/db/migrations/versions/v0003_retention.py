"""What is deleted can come back for a while, and originals may be dropped."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0004"


def upgrade() -> None:
    """Add the columns and the table; what was deleted before is gone for good."""
    op.add_column("video", sa.Column("released_at", sa.BigInteger, nullable=True))
    op.add_column("video", sa.Column("has_original", sa.Boolean, nullable=False, server_default=sa.true()))
    op.execute("UPDATE video SET released_at = deleted_at, has_original = 0 WHERE deleted_at IS NOT NULL")
    op.add_column("channel", sa.Column("absent", sa.JSON, nullable=False, server_default="[]"))
    op.create_table(
        "echo",
        sa.Column("package", sa.String(32), nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("package", name="echo_pk"),
    )

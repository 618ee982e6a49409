"""How far packages are, told by who makes them; and those whose files are to be inspected anew."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Add the table, its number in the news, and the mark of a package."""
    op.create_table(
        "headway",
        sa.Column("package", sa.String(32), nullable=False),
        sa.Column("step", sa.String(16), nullable=False),
        sa.Column("percent", sa.Float, nullable=False),
        sa.Column("fps", sa.Float, nullable=False),
        sa.Column("speed", sa.Float, nullable=False),
        sa.Column("eta_seconds", sa.Float),
        sa.Column("airable_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("package", name="headway_pk"),
    )
    op.add_column("news", sa.Column("headway", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("package", sa.Column("is_inspected", sa.Boolean, nullable=False, server_default=sa.true()))

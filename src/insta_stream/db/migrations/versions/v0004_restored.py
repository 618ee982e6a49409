"""The mark of a database that comes from a backup."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0002"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "restored",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("taken_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="restored_pk"),
        sa.CheckConstraint("id = 1", name=op.f("restored_one_row")),
    )

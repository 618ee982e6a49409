"""The mark of a database that comes from a backup."""

import sqlalchemy as sa
from alembic import context, op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the table, unless this came before the third step, as it did once (`db/upgrade.py`)."""
    if not context.is_offline_mode() and sa.inspect(op.get_bind()).has_table("restored"):
        return
    op.create_table(
        "restored",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("taken_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="restored_pk"),
        sa.CheckConstraint("id = 1", name=op.f("restored_one_row")),
    )

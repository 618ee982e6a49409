"""Renditions know their busiest segment."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the column; of what there is nothing is known until it is looked at (0)."""
    op.add_column("rendition", sa.Column("peak_bps", sa.Integer, nullable=False, server_default="0"))

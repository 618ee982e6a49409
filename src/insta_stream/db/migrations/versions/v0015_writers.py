"""Which attempt may write a package."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add the column."""
    op.add_column("package", sa.Column("writer", sa.String(32), nullable=False, server_default=""))

"""Whose a video is, and how much somebody's may take."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the columns. What was uploaded before is nobody's."""
    op.add_column("video", sa.Column("owner", sa.String(32)))
    op.create_index("video_owner_index", "video", ["owner"])
    op.add_column("account", sa.Column("quota_bytes", sa.BigInteger))

"""Channels have numbers, as on a television set."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_BY_AGE = """
UPDATE channel SET number = (
    SELECT count(*) FROM channel AS other
    WHERE other.created_at < channel.created_at
    OR (other.created_at = channel.created_at AND other.slug <= channel.slug)
)
"""


def upgrade() -> None:
    """Number the channels in the order of their creation."""
    op.add_column("channel", sa.Column("number", sa.Integer, nullable=False, server_default="0"))
    op.execute(_BY_AGE)
    op.create_index("channel_number_once", "channel", ["number"], unique=True)

"""API tokens: as many as are wanted, each for what it is to do."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "api_token",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("permissions", sa.JSON, nullable=False),
        sa.Column("every_channel", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger),
        sa.Column("used_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="api_token_pk"),
        sa.UniqueConstraint("digest", name="api_token_digest_once"),
    )
    op.create_table(
        "api_token_channel",
        sa.Column("token", sa.String(32), nullable=False),
        sa.Column("channel", sa.String(63), nullable=False),
        sa.PrimaryKeyConstraint("token", "channel", name="api_token_channel_pk"),
        sa.ForeignKeyConstraint(
            ["token"], ["api_token.id"], name="api_token_channel_token_fk", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["channel"], ["channel.slug"], name="api_token_channel_channel_fk", ondelete="CASCADE"
        ),
    )

"""Who may watch a channel, and the keys and links that let them."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Let every channel be public, as it was, and create the tables."""
    op.add_column("channel", sa.Column("playback", sa.String(16), nullable=False, server_default="public"))
    op.create_table(
        "playback_key",
        sa.Column("id", sa.String(8), nullable=False),
        sa.Column("is_own", sa.Boolean, nullable=False),
        sa.Column("label", sa.String(255), nullable=False),
        sa.Column("channel", sa.String(63)),
        sa.Column("secret", sa.String(64), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="playback_key_pk"),
        _refers("playback_key", "channel", "channel.slug"),
    )
    op.create_table(
        "playback_link",
        sa.Column("id", sa.String(16), nullable=False),
        sa.Column("key", sa.String(8), nullable=False),
        sa.Column("channel", sa.String(63), nullable=False),
        sa.Column("label", sa.String(255), nullable=False),
        sa.Column("site", sa.String(255)),
        sa.Column("address", sa.String(64)),
        sa.Column("account", sa.String(32)),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger),
        sa.Column("ended_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="playback_link_pk"),
        _refers("playback_link", "key", "playback_key.id"),
        _refers("playback_link", "channel", "channel.slug"),
        _refers("playback_link", "account", "account.id", ondelete="SET NULL"),
    )
    op.create_index("playback_link_channel_index", "playback_link", ["channel", "created_at"])
    op.create_index("playback_link_ended_index", "playback_link", ["ended_at"])


def _refers(table: str, column: str, to: str, ondelete: str = "CASCADE") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [to], name=f"{table}_{column}_fk", ondelete=ondelete)

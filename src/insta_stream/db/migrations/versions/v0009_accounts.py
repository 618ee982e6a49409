"""Accounts: people with a role, how they sign in, and where they are signed in."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "account",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("name", sa.String(63), nullable=False),
        sa.Column("title", sa.String(255), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("every_channel", sa.Boolean, nullable=False),
        sa.Column("password", sa.Text),
        sa.Column("subject", sa.String(512)),
        sa.Column("totp_secret", sa.String(64)),
        sa.Column("totp_pending", sa.String(64)),
        sa.Column("totp_step", sa.BigInteger),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("used_at", sa.BigInteger),
        sa.Column("disabled_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="account_pk"),
        sa.UniqueConstraint("name", name="account_name_once"),
        sa.UniqueConstraint("subject", name="account_subject_once"),
    )
    op.create_table(
        "account_channel",
        sa.Column("account", sa.String(32), nullable=False),
        sa.Column("channel", sa.String(63), nullable=False),
        sa.PrimaryKeyConstraint("account", "channel", name="account_channel_pk"),
        _of_account("account_channel"),
        sa.ForeignKeyConstraint(
            ["channel"], ["channel.slug"], name="account_channel_channel_fk", ondelete="CASCADE"
        ),
    )
    op.create_table(
        "recovery_code",
        sa.Column("account", sa.String(32), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("account", "digest", name="recovery_code_pk"),
        _of_account("recovery_code"),
    )
    op.create_table(
        "invitation",
        sa.Column("account", sa.String(32), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("account", name="invitation_pk"),
        sa.UniqueConstraint("digest", name="invitation_digest_once"),
        _of_account("invitation"),
    )
    op.create_table(
        "session",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("account", sa.String(32), nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("is_remembered", sa.Boolean, nullable=False),
        sa.Column("device", sa.String(64), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("used_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="session_pk"),
        _of_account("session"),
    )
    op.create_index("session_account_index", "session", ["account"])
    op.create_table(
        "signing_key",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("secret", sa.String(64), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="signing_key_pk"),
    )
    op.create_table(
        "failed_sign_in",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("key", name="failed_sign_in_pk"),
    )
    op.add_column("upload", sa.Column("owner", sa.String(32)))
    _let_tokens_have_owners()


def _let_tokens_have_owners() -> None:
    """Make the tables of tokens anew, with a column for the owner: SQLite cannot add one that refers to
    another table, and a table that is dropped takes along what refers to it.
    """
    for table in ("api_token", "api_token_channel"):
        op.execute(f"CREATE TABLE {table}_before AS SELECT * FROM {table}")  # noqa: S608 - two names of ours
    op.drop_table("api_token_channel")
    op.drop_table("api_token")
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
        sa.Column("account", sa.String(32)),
        sa.PrimaryKeyConstraint("id", name="api_token_pk"),
        sa.UniqueConstraint("digest", name="api_token_digest_once"),
        _of_account("api_token"),
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
    op.execute("INSERT INTO api_token SELECT *, NULL FROM api_token_before")
    op.execute("INSERT INTO api_token_channel SELECT * FROM api_token_channel_before")
    for table in ("api_token", "api_token_channel"):
        op.drop_table(f"{table}_before")


def _of_account(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["account"], ["account.id"], name=f"{table}_account_fk", ondelete="CASCADE"
    )

"""What tells every process on the database that somebody may do something else than before."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

_TOLD = """
    CREATE TRIGGER {name} AFTER {event} ON {table}
    BEGIN UPDATE news SET accounts = accounts + 1; END
"""

_ACCOUNT = (
    "name, title, role, every_channel, password, subject, totp_secret, totp_pending, disabled_at, quota_bytes"
)

# When an account was last used is not told: that changes all the time, and nobody may more or less by it. Of
# a token it is written down once a minute.
_EVENTS = {
    "account": {"INSERT": "", "UPDATE": _ACCOUNT, "DELETE": ""},
    "account_channel": {"INSERT": "", "DELETE": ""},
    "invitation": {"INSERT": "", "DELETE": ""},
    "session": {"INSERT": "", "UPDATE": "ended_at"},
    "signing_key": {"INSERT": "", "UPDATE": "purpose, secret, created_at", "DELETE": ""},
    "api_token": {"INSERT": "", "UPDATE": "", "DELETE": ""},
    "api_token_channel": {"INSERT": "", "DELETE": ""},
    "playback_key": {"INSERT": "", "UPDATE": "is_own, label, channel, secret, created_at", "DELETE": ""},
    "playback_link": {"UPDATE": "ended_at"},
}


def upgrade() -> None:
    """Number what is changed of accounts, tokens and keys, whoever changes it: a cascade tells of it, too."""
    op.add_column("news", sa.Column("accounts", sa.BigInteger, nullable=False, server_default="0"))
    for table, events in _EVENTS.items():
        for event, columns in events.items():
            which = f"{event} OF {columns}" if columns else event
            op.execute(_TOLD.format(name=f"{table}_{event.lower()}_is_told", event=which, table=table))

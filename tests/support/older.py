"""Databases as older versions left them."""

_TABLES = (
    "failed_sign_in",
    "signing_key",
    "session",
    "invitation",
    "recovery_code",
    "account_channel",
    "api_token_channel",
    "api_token",
    "account",
)

_DROPS = (f"DROP TABLE {table};" for table in _TABLES)

WITHOUT_ACCESS = "".join(("ALTER TABLE upload DROP COLUMN owner;", *_DROPS))
"""SQL that takes away what says who may do what."""

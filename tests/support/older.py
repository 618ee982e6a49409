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

WITHOUT_ACCESS = "".join(f"DROP TABLE {table};" for table in _TABLES)
"""SQL that takes away what says who may do what."""

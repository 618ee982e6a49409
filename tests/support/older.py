"""Databases as older versions left them."""

_TABLES = (
    "program_package",
    "news",
    "playback_link",
    "playback_key",
    "audit_entry",
    "audit_rule",
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

_WITHOUT_ROLES = """
    DROP TABLE headway; ALTER TABLE news DROP COLUMN headway; ALTER TABLE package DROP COLUMN is_inspected;
"""

_TELL_OF_ACCOUNTS = {
    "account": ("insert", "update", "delete"),
    "account_channel": ("insert", "delete"),
    "invitation": ("insert", "delete"),
    "session": ("insert", "update"),
    "signing_key": ("insert", "update", "delete"),
    "api_token": ("insert", "update", "delete"),
    "api_token_channel": ("insert", "delete"),
    "playback_key": ("insert", "update", "delete"),
    "playback_link": ("update",),
}
_TRIGGERS = (f"{table}_{event}_is_told" for table, events in _TELL_OF_ACCOUNTS.items() for event in events)

_WITHOUT_NEWS_OF_ACCOUNTS = f"""
    {"".join(f"DROP TRIGGER {name};" for name in _TRIGGERS)}
    ALTER TABLE news DROP COLUMN accounts;
"""

_WITHOUT_FORMS = """
    ALTER TABLE upload DROP COLUMN is_form; ALTER TABLE upload DROP COLUMN code;
"""

WITHOUT_SHARED_UPLOADS = f"""
    {_WITHOUT_FORMS} {_WITHOUT_NEWS_OF_ACCOUNTS} {_WITHOUT_ROLES}
    DROP INDEX upload_revision_index;
    ALTER TABLE upload DROP COLUMN revision; ALTER TABLE upload DROP COLUMN is_over;
    DROP TRIGGER news_uploads_rises;
    ALTER TABLE news DROP COLUMN uploads; ALTER TABLE news DROP COLUMN last_ended;
"""
"""SQL that takes away what several processes need that receive uploads, and all that came after it."""

_COLUMNS = (
    WITHOUT_SHARED_UPLOADS,
    "DROP INDEX run_starts_at_channel_index;",
    "DROP TRIGGER channel_revision_rises;",
    "DROP TRIGGER video_released_after_it_was_deleted;",
    "DROP INDEX run_first_msn_once;",
    "DROP INDEX package_current_once;",
    "ALTER TABLE package DROP COLUMN writer;",
    *(
        f"DROP INDEX {table}_revision_index; ALTER TABLE {table} DROP COLUMN revision;"
        for table in ("channel", "video", "package")
    ),
    "ALTER TABLE channel DROP COLUMN effective_at;",
    "ALTER TABLE upload DROP COLUMN owner;",
    "ALTER TABLE channel DROP COLUMN playback;",
    "DROP INDEX video_owner_index;",
    "ALTER TABLE video DROP COLUMN owner;",
)
_DROPS = (f"DROP TABLE {table};" for table in _TABLES)

WITHOUT_ACCESS = "".join((*_COLUMNS, *_DROPS))
"""SQL that takes away what says who may do what, and all that came after it."""

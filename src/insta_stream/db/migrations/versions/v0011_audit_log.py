"""The audit log: entries that nobody changes."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_OLDEST = """
    (SELECT CASE WHEN days > 0
        THEN (CAST(strftime('%s', 'now') AS INTEGER) - days * 86400) * 720000 ELSE 0 END FROM audit_rule)
"""
"""Before when entries may go: 720,000 ticks are a second."""

_TRIGGERS = (
    """
    CREATE TRIGGER audit_entry_stays_as_it_is BEFORE UPDATE ON audit_entry
    BEGIN SELECT RAISE(ABORT, 'an entry of the audit log is never changed'); END
    """,
    f"""
    CREATE TRIGGER audit_entry_is_kept BEFORE DELETE ON audit_entry
    WHEN OLD.at >= COALESCE({_OLDEST}, 0)
    BEGIN SELECT RAISE(ABORT, 'an entry of the audit log is kept for as long as audit_days says'); END
    """,
    # An INSERT OR REPLACE takes the place of another entry, for which no DELETE is seen.
    """
    CREATE TRIGGER audit_entry_is_not_replaced BEFORE INSERT ON audit_entry
    WHEN EXISTS (SELECT 1 FROM audit_entry WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'an entry of the audit log is never replaced'); END
    """,
)


def upgrade() -> None:
    """Create the tables and what guards them."""
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("account", sa.String(32)),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("token", sa.String(32)),
        sa.Column("token_name", sa.String(255), nullable=False),
        sa.Column("session", sa.String(32)),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("device", sa.String(64), nullable=False),
        sa.Column("things", sa.JSON, nullable=False),
        sa.Column("before", sa.JSON(none_as_null=True)),
        sa.Column("after", sa.JSON(none_as_null=True)),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="audit_entry_pk"),
        sqlite_autoincrement=True,
    )
    for column in ("at", "action", "account"):
        op.create_index(f"audit_entry_{column}_index", "audit_entry", [column])
    op.create_table(
        "audit_rule",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("days", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="audit_rule_pk"),
        sa.CheckConstraint("id = 1", name=op.f("audit_rule_one_row")),
    )
    op.execute("INSERT INTO audit_rule (id, days) VALUES (1, 0)")
    if op.get_context().dialect.name == "sqlite":  # another database has another language for them
        for trigger in _TRIGGERS:
            op.execute(trigger)

"""Which packages programs name, so that who deletes can ask about a few."""

import json
from collections.abc import Iterator

import sqlalchemy as sa
from alembic import context, op

revision = "0016"
down_revision = "0015"

_PACKAGES = 2
"""Where a slot of a program names its package."""

# Each run that is new names its packages once more, whether its program is known or not.
_TRIGGER = """
CREATE TRIGGER program_package_is_there BEFORE INSERT ON program_package
WHEN NOT EXISTS (SELECT 1 FROM rendition WHERE package = NEW.package AND published > 0)
BEGIN SELECT RAISE(ABORT, 'program_package_is_there'); END
"""


def upgrade() -> None:
    """Add the table, and fill it with what the programs say; the index is for who looks for old runs."""
    op.create_table(
        "program_package",
        sa.Column("program", sa.String(64), nullable=False),
        sa.Column("package", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("program", "package", name="program_package_pk"),
        sa.ForeignKeyConstraint(
            ["program"], ["program.key"], name="program_package_program_fk", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["package"], ["package.id"], name="program_package_package_fk"),
        sqlite_with_rowid=False,
    )
    op.create_index("program_package_package_index", "program_package", ["package"])
    op.create_index("run_starts_at_channel_index", "run", ["starts_at", "channel"])
    if not context.is_offline_mode():
        _fill(op.get_bind())
    op.execute(_TRIGGER)


def _fill(connection: sa.Connection) -> None:
    """Note what each program names. What cannot be read may name anything, and its channel keeps all of it
    until somebody starts it anew.
    """
    known = frozenset(connection.scalars(sa.text("SELECT id FROM package")))
    program = sa.table("program", sa.column("key"), sa.column("body"))
    body = sa.cast(program.c.body, sa.LargeBinary)  # damage may be no text at all
    programs = connection.execute(sa.select(program.c.key, body)).all()
    note = sa.text("INSERT INTO program_package (program, package) VALUES (:program, :package)")
    for key, text in programs:
        rows = [{"program": key, "package": package} for package in known.intersection(_named(text, known))]
        if rows:
            connection.execute(note, rows)


def _named(text: bytes, known: frozenset[str]) -> Iterator[str]:
    try:
        yield from [str(slot[_PACKAGES]) for slot in json.loads(text)]
    except (LookupError, TypeError, ValueError, RecursionError):
        yield from known

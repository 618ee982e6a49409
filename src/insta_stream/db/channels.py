"""Tables of channels. `channels/store.py` turns their rows into channels and back.

What the pure core calls a timeline is stored as its codec writes it: the state as one document, a row for
each run, and each program once, under the hash of its content, because runs and channels share them.

`channel.revision` is the number of a channel's last edit among all edits (`db.news`), and never falls.
"""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, String, Table, Text

from insta_stream.db.document import Document
from insta_stream.db.schema import METADATA

channel = Table(
    "channel",
    METADATA,
    Column("slug", String(63), primary_key=True),
    Column("title", String(255), nullable=False),
    Column("rungs", Document, nullable=False),
    Column("slate", String(32)),
    Column("window_seconds", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("timeline", Text, nullable=False),
    Column("broadcast_rungs", Document, nullable=False),
    Column("added_at", Document, nullable=False),
    Column("undo", Document(none_as_null=True)),
    Column("absent", Document, nullable=False, server_default="[]"),
    Column("number", Integer, nullable=False, server_default="0"),
    Column("playback", String(16), nullable=False, server_default="public"),
    Column("revision", BigInteger, nullable=False, server_default="0", index=True),
    Column("effective_at", BigInteger),
    CheckConstraint("window_seconds > 0", name="window_is_positive"),
    Index("channel_number_once", "number", unique=True),
)

program = Table(
    "program",
    METADATA,
    Column("key", String(64), primary_key=True),
    Column("body", Text, nullable=False),
)

program_package = Table(
    "program_package",
    METADATA,
    Column("program", ForeignKey("program.key", ondelete="CASCADE"), primary_key=True),
    Column("package", ForeignKey("package.id"), primary_key=True, index=True),
    sqlite_with_rowid=False,
)
"""Which packages a program names. A row is refused (`program_package_is_there`) where nothing of the package
is published (any more)."""

run = Table(
    "run",
    METADATA,
    Column("channel", ForeignKey("channel.slug", ondelete="CASCADE"), primary_key=True),
    Column("starts_at", BigInteger, primary_key=True),
    Column("program", ForeignKey("program.key"), nullable=False, index=True),
    Column("body", Text, nullable=False),
    Index("run_starts_at_channel_index", "starts_at", "channel"),
)

echo = Table(
    "echo",
    METADATA,
    Column("package", String(32), primary_key=True),
    Column("until", BigInteger, nullable=False),
)
"""Packages that players of deleted channels may still ask for, and until when."""

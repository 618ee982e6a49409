"""First tables: videos, packages, renditions; channels, runs, programs; the profile of the data folder."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "video",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("added_at", sa.BigInteger, nullable=False),
        sa.Column("is_hidden", sa.Boolean, nullable=False),
        sa.Column("deleted_at", sa.BigInteger, nullable=True),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("frame_rate", sa.String(32), nullable=False),
        sa.Column("video_codec", sa.String(64), nullable=False),
        sa.Column("audio_codec", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="video_pk"),
    )
    op.create_table(
        "package",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("video", sa.String(32), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("is_current", sa.Boolean, nullable=False),
        sa.Column("is_airable", sa.Boolean, nullable=False),
        sa.Column("has_pictures", sa.Boolean, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("segment_table", sa.JSON, nullable=False),
        sa.Column("cautions", sa.JSON, nullable=False),
        sa.Column("inspection", sa.Text, nullable=False),
        sa.Column("plan", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="package_pk"),
        sa.ForeignKeyConstraint(["video"], ["video.id"], name="package_video_fk"),
        sa.CheckConstraint("state IN ('packaging', 'ready', 'failed')", name=op.f("package_state_known")),
    )
    op.create_index("package_video_index", "package", ["video"])
    op.create_table(
        "rendition",
        sa.Column("package", sa.String(32), nullable=False),
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("is_early", sa.Boolean, nullable=False),
        sa.Column("published", sa.Integer, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("is_complete", sa.Boolean, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("package", "name", name="rendition_pk"),
        sa.ForeignKeyConstraint(["package"], ["package.id"], name="rendition_package_fk", ondelete="CASCADE"),
        sa.CheckConstraint("published >= 0", name=op.f("rendition_published_not_negative")),
    )
    op.create_table(
        "channel",
        sa.Column("slug", sa.String(63), nullable=False),
        sa.Column("title", sa.String(255), nullable=False),
        sa.Column("rungs", sa.JSON, nullable=False),
        sa.Column("slate", sa.String(32), nullable=True),
        sa.Column("window_seconds", sa.Integer, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("timeline", sa.Text, nullable=False),
        sa.Column("broadcast_rungs", sa.JSON, nullable=False),
        sa.Column("added_at", sa.JSON, nullable=False),
        sa.Column("undo", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("slug", name="channel_pk"),
        sa.CheckConstraint("window_seconds > 0", name=op.f("channel_window_is_positive")),
    )
    op.create_table(
        "program",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("key", name="program_pk"),
    )
    op.create_table(
        "run",
        sa.Column("channel", sa.String(63), nullable=False),
        sa.Column("starts_at", sa.BigInteger, nullable=False),
        sa.Column("program", sa.String(64), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("channel", "starts_at", name="run_pk"),
        sa.ForeignKeyConstraint(["channel"], ["channel.slug"], name="run_channel_fk", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["program"], ["program.key"], name="run_program_fk"),
    )
    op.create_index("run_program_index", "run", ["program"])
    op.create_table(
        "profile",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("segment_seconds", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="profile_pk"),
        sa.CheckConstraint("id = 1", name=op.f("profile_one_row")),
    )

"""Several processes receive the same uploads."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

_RISES = """
    CREATE TRIGGER news_uploads_rises BEFORE UPDATE OF uploads ON news
    WHEN typeof(OLD.uploads) = 'integer' AND NEW.uploads < OLD.uploads
    BEGIN SELECT RAISE(ABORT, 'news_uploads_rises'); END
"""


def upgrade() -> None:
    """Number what is changed of uploads from here on, and tell of it in the news."""
    for column in ("uploads", "last_ended"):
        op.add_column("news", sa.Column(column, sa.BigInteger, nullable=False, server_default="0"))
    op.execute(_RISES)
    op.add_column("upload", sa.Column("revision", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("upload", sa.Column("is_over", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_index("upload_revision_index", "upload", ["revision"])
    op.create_table(
        "form",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("owner", sa.String(32), nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="form_pk"),
    )

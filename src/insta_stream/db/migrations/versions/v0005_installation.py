"""Which installation this is: its folders carry the same mark."""

import sqlalchemy as sa
from alembic import op

from insta_stream.ids import new_id

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the table, and begin the installation."""
    table = op.create_table(
        "installation",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("key", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="installation_pk"),
        sa.CheckConstraint("id = 1", name=op.f("installation_one_row")),
    )
    op.execute(table.insert().values(id=1, key=new_id()))

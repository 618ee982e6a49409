"""Run by Alembic for every command: migrate over the connection, and in the transaction, of the caller."""

from alembic import context

from insta_stream.db.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()

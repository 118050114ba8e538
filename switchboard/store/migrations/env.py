"""Alembic's entry point: migrations run on the connection that `switchboard.store.database` opened."""

from alembic import context

from switchboard.store.tables import metadata

# Other tables may live in the same database: a shop's, Rasa's.
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table="switchboard_version",
    include_name=lambda name, kind, _: kind != "table" or name in metadata.tables,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()

"""Alembic's entry: runs the revisions on the connection that db.schema hands over, in its transaction."""

from alembic import context

from atlas_workflows.db.schema import SCHEMA, VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    version_table=VERSION_TABLE,
    version_table_schema=SCHEMA,
    transactional_ddl=True,
)
context.run_migrations()

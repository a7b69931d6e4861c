"""Runs a SQL file of include/sql/schema inside a revision."""

from typing import Any

from alembic import op

from atlas_workflows.db.sql_files import sql


def run(name: str) -> None:
    """Run every statement of include/sql/schema/<name>.sql on the revision's connection.

    Goes past SQLAlchemy on purpose: a file holds many statements and its `%` and `:` are not parameters.
    """
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(sql(f"schema/{name}"))

"""The only reader of include/sql: one statement per file, named by its path."""

from functools import cache

from psycopg.sql import SQL

from atlas_workflows.errors import ConfigurationError
from atlas_workflows.settings import load_settings


@cache
def sql(name: str) -> SQL:
    """The statement in include/sql/<name>.sql, e.g. sql("migration/runs/read_run"); `.format` fills in identifiers."""
    return SQL(sql_text(name))


@cache
def sql_text(name: str) -> str:
    """The same as text, for whoever reads it instead of executing it."""
    path = load_settings().include_sql / f"{name}.sql"
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as cause:
        raise ConfigurationError(
            f"The SQL file {name}.sql is missing.", remedy=f"Restore {path} from the release.", path=str(path)
        ) from cause

"""The only reader of include/sql: one statement per file, named by its path."""

from functools import cache

from atlas_workflows.errors import ConfigurationError
from atlas_workflows.settings import load_settings


@cache
def sql(name: str) -> str:
    """The text of include/sql/<name>.sql, e.g. sql("migration/claim_batch")."""
    path = load_settings().include_sql / f"{name}.sql"
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as cause:
        raise ConfigurationError(
            f"The SQL file {name}.sql is missing.", remedy=f"Restore {path} from the release.", path=str(path)
        ) from cause

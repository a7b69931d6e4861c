"""Brings schema `atlas` to a revision and back: Alembic over the SQL files, one transaction, one at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from typing import TYPE_CHECKING, Any

import psycopg

from atlas_workflows.db.connect import connect
from atlas_workflows.db.rows import relation_exists, scalar
from atlas_workflows.db.schema_errors import explained
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import DatabaseError

if TYPE_CHECKING:
    import sqlalchemy

SCHEMA = "atlas"
VERSION_TABLE = "schema_version"
# UNIQUE NULLS NOT DISTINCT and views that ask with their reader's rights are as old as that.
OLDEST_SERVER = 15
# Any constant will do, as long as every copy of this program uses the same one: "atlas" in hex.
ADVISORY_LOCK = 0x61746C6173


def upgrade(dsn: str, revision: str = "head", *, lock_timeout_seconds: float = 5.0) -> None:
    """Bring the schema up to `revision`; nothing happens where it is there already.

    All or nothing. Raises PermissionMissing (with the script an administrator runs), DatabaseUnreachable,
    HalfAppliedAttempt (objects of ours without a version), InputError (no such revision), DatabaseError (lock).
    """
    with _schema_transaction(dsn, lock_timeout_seconds) as connection:
        _driver(connection).execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        _alembic("upgrade", connection, revision)


def downgrade(dsn: str, revision: str = "base", *, lock_timeout_seconds: float = 5.0) -> None:
    """Bring the schema down to `revision`. "base" removes schema atlas whole; what it holds is lost.

    Roles stay: they belong to the server, other databases may use them. Raises what `upgrade` raises.
    """
    with _schema_transaction(dsn, lock_timeout_seconds) as connection:
        if not relation_exists(_driver(connection), f"{SCHEMA}.{VERSION_TABLE}"):
            return
        _alembic("downgrade", connection, revision)
        if revision == "base":
            driver = _driver(connection)
            driver.execute(f"DROP TABLE {SCHEMA}.{VERSION_TABLE}")
            driver.execute(f"DROP SCHEMA {SCHEMA} RESTRICT")


def current(dsn: str) -> str | None:
    """The revision the schema is at; None where there is no schema atlas. Raises what `upgrade` raises."""
    with explained(dsn), connect(dsn, application_name="atlas-schema", autocommit=True) as connection:
        if not relation_exists(connection, f"{SCHEMA}.{VERSION_TABLE}"):
            return None
        revision: str | None = scalar(connection, sql("schema/current_version"))
    return revision


@contextmanager
def _schema_transaction(dsn: str, lock_timeout_seconds: float) -> Iterator["sqlalchemy.Connection"]:
    """One transaction that no other schema change runs beside."""
    from sqlalchemy import create_engine
    from sqlalchemy.pool import NullPool

    engine = create_engine(
        "postgresql+psycopg://",
        creator=lambda: connect(dsn, application_name="atlas-schema"),
        poolclass=NullPool,
    )
    with explained(dsn), engine.begin() as connection:
        driver = _driver(connection)
        _require_version(driver)
        driver.execute(
            "SELECT set_config('lock_timeout', %s, true)", [f"{int(lock_timeout_seconds * 1000)}ms"]
        )
        driver.execute("SELECT pg_advisory_xact_lock(%s)", [ADVISORY_LOCK])
        yield connection


def _alembic(command_name: str, connection: "sqlalchemy.Connection", revision: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(resources.files("atlas_workflows.db") / "revisions"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    getattr(command, command_name)(config, revision)


def _driver(connection: "sqlalchemy.Connection") -> psycopg.Connection[Any]:
    driver: Any = connection.connection.driver_connection
    return driver  # type: ignore[no-any-return]


def _require_version(driver: psycopg.Connection[Any]) -> None:
    major = driver.info.server_version // 10000
    if major < OLDEST_SERVER:
        raise DatabaseError(
            f"The server is PostgreSQL {major}; schema atlas needs {OLDEST_SERVER} or later.",
            remedy="Upgrade the server; 15 to 18 are the versions that are tested.",
        )

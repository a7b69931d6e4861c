"""The roles of schema atlas: the script for an administrator, and whether this session may migrate."""

import re
from dataclasses import dataclass

import psycopg.conninfo

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import one
from atlas_workflows.db.sql_files import sql, sql_text
from atlas_workflows.errors import InputError, PermissionMissing


@dataclass(frozen=True, slots=True)
class MigrationRole:
    """What the connected role may do: `passes_policies` decides whether it can migrate."""

    name: str
    is_superuser: bool
    bypasses_row_security: bool
    owns_unforced_tables: bool

    @property
    def passes_policies(self) -> bool:
        """Whether `SET row_security = off` and COPY work on every tenant table."""
        return self.is_superuser or self.bypasses_row_security or self.owns_unforced_tables


def migration_role(connection: Connection) -> MigrationRole:
    """Look at the connected role; schema atlas may be absent."""
    role = one(connection, MigrationRole, sql("schema/migration_role"))
    assert role is not None  # one row by construction
    return role


def require_migration_role(connection: Connection) -> MigrationRole:
    """The connected role, or PermissionMissing where forced row-level security would stop a migration."""
    role = migration_role(connection)
    if not role.passes_policies:
        raise PermissionMissing(
            f"The role {role.name} is held by row-level security, so it cannot migrate.",
            remedy="Let an administrator run the output of `atlas schema roles-script` (it gives BYPASSRLS); where "
            "nobody may give that, `atlas schema relax-row-security` lets the owner alone pass.",
            role=role.name,
        )
    return role


def roles_script(dsn: str, *, migration_role_name: str | None = None) -> str:
    """The SQL an administrator runs before the first upgrade.

    Without a name the login of the dsn is prepared. Raises InputError where neither says a role or a database.
    """
    parts = psycopg.conninfo.conninfo_to_dict(dsn)
    name = migration_role_name or parts.get("user")
    database = parts.get("dbname")
    if not name or not database:
        raise InputError(
            "The database address names no user or no database.",
            remedy="Give --dsn postgresql://user@host/database.",
        )
    words = {
        '"migration_role"': _quoted(str(name)),
        "'migration_role'": _literal(str(name)),
        '"crm_database"': _quoted(str(database)),
    }
    # In one go: a name may look like one of the words.
    return re.sub("|".join(words), lambda found: words[found.group()], sql_text("schema/roles_script"))


def _literal(text: str) -> str:
    if "$do$" in text:
        raise InputError(
            f"The role's name {text!r} holds $do$, which ends the script's block.",
            remedy="Name another role.",
        )
    return "'" + text.replace("'", "''") + "'"


def _quoted(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'

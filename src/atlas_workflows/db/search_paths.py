"""Which logins would find schema `atlas` before the old application's tables; that must be known before it exists."""

import re
from dataclasses import dataclass

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import rows, scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import DatabaseError

OURS, THEIRS = "atlas", "public"
ENTRY = re.compile(r'\s*(?:"((?:[^"]|"")*)"|([^",]+))\s*(?:,|$)')


@dataclass(frozen=True, slots=True)
class Login:
    """A login, the search path it gets in this database, and whether it may look into schema atlas."""

    role: str
    search_path: str
    may_use_ours: bool


def misled_logins(connection: Connection) -> list[str]:
    """Logins that may look into schema atlas and whose search path names it before public.

    The default path begins with a schema of the login's own name, so a login called `atlas` is the usual case.
    """
    logins = rows(connection, Login, sql("schema/search_paths"))
    return [
        login.role
        for login in logins
        if login.may_use_ours and finds_ours_first(login.search_path, login.role)
    ]


def require_safe_search_paths(connection: Connection) -> None:
    """Raise DatabaseError where making schema atlas would hide the old application's tables from one of its logins.

    Where the schema is there already nothing is refused: the checklist's item `search_path` tells.
    """
    if scalar(connection, "SELECT to_regnamespace(%s) IS NOT NULL", [OURS]):
        return
    misled = misled_logins(connection)
    if misled:
        raise DatabaseError(f"{fact(misled)} Nothing was changed.", remedy=remedy(misled))


def fact(misled: list[str]) -> str:
    """One sentence about these logins."""
    return f"Where no schema is written, {', '.join(misled)} would find schema atlas before the old application's."


def remedy(misled: list[str]) -> str:
    """What to do about them."""
    repairs = " ".join(f'ALTER ROLE "{role}" SET search_path = public;' for role in misled)
    return f"Log in as another role, or run: {repairs}"


def finds_ours_first(search_path: str, role: str) -> bool:
    """Whether a table of schema atlas hides one of public for `role`; `$user` stands for its name."""
    schemas = [role if name == "$user" else name for name in entries(search_path)]
    return OURS in schemas and (THEIRS not in schemas or schemas.index(OURS) < schemas.index(THEIRS))


def entries(search_path: str) -> list[str]:
    """The schemas of a search path, as PostgreSQL reads it: quoted names as they are, others in lower case."""
    return [
        quoted.replace('""', '"') if quoted else bare.strip().lower()
        for quoted, bare in ENTRY.findall(search_path)
    ]

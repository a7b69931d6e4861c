"""Turns what PostgreSQL and Alembic say about a schema change into one fact and one remedy."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from atlas_workflows.db.roles import roles_script
from atlas_workflows.errors import (
    AtlasError,
    DatabaseError,
    HalfAppliedAttempt,
    InputError,
    PermissionMissing,
)
from atlas_workflows.settings import masked_dsn


@contextmanager
def explained(dsn: str) -> Iterator[None]:
    """Raise AtlasErrors instead of the driver's and Alembic's."""
    try:
        yield
    except psycopg.Error as cause:
        raise _translate(cause, dsn) from cause
    except Exception as cause:
        known = _of_a_library(cause, dsn)
        if known is None:
            raise
        raise known from cause


def _of_a_library(cause: Exception, dsn: str) -> AtlasError | None:
    """None for what neither of the two raised. Both take a second to import: unless somebody did, it cannot be theirs."""
    if "alembic" not in sys.modules and "sqlalchemy" not in sys.modules:
        return None
    from alembic.util.exc import CommandError
    from sqlalchemy.exc import DBAPIError

    if isinstance(cause, DBAPIError):
        original = cause.orig if isinstance(cause.orig, psycopg.Error) else psycopg.Error(str(cause))
        return _translate(original, dsn)
    if isinstance(cause, CommandError):
        return InputError(
            f"The schema cannot go there: {cause}.",
            remedy="`atlas schema current` shows where it is; use head or base.",
        )
    return None


def _translate(cause: psycopg.Error, dsn: str) -> AtlasError:
    said = (cause.diag.message_primary or str(cause)).rstrip(".")
    where = masked_dsn(dsn)
    if isinstance(cause, psycopg.errors.LockNotAvailable):
        return DatabaseError(
            f"A lock needed to change schema atlas was not free at {where}.",
            remedy="Another schema change or a long transaction holds it; the same command may be run again.",
        )
    if isinstance(cause, psycopg.errors.InsufficientPrivilege):
        return PermissionMissing(
            f"The database role may not do this at {where}: {said}.", remedy=_privilege_remedy(cause, dsn)
        )
    if isinstance(cause, psycopg.errors.ReadOnlySqlTransaction):
        return DatabaseError(
            f"The database at {where} takes no writes: {said}.",
            remedy="Name the primary in the address, or take default_transaction_read_only off this role or database.",
        )
    if isinstance(cause, psycopg.errors.DuplicateTable | psycopg.errors.DuplicateObject):
        return HalfAppliedAttempt(
            f"Schema atlas at {where} holds objects, but no version says which: {said}.",
            remedy="If nothing in it is wanted, DROP SCHEMA atlas CASCADE, then repeat.",
        )
    if isinstance(cause, psycopg.errors.UndefinedTable | psycopg.errors.InvalidSchemaName):
        return DatabaseError(
            f"Schema atlas at {where} is missing or older than this version: {said}.",
            remedy="Run `atlas schema upgrade`.",
        )
    return DatabaseError(
        f"The database refused at {where}: {said}.", remedy="Nothing was changed; fix this and repeat."
    )


def _privilege_remedy(cause: psycopg.Error, dsn: str) -> str:
    """Say what 0004_access hints at; its hint ROLES_SCRIPT stands for the whole script."""
    hint = cause.diag.message_hint
    if hint and hint != "ROLES_SCRIPT":
        return hint
    return f"Let an administrator run this (`atlas schema roles-script` prints it too), then repeat:\n\n{roles_script(dsn)}"

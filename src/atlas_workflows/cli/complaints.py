"""What escaped every room below, as one fact and one remedy: the database's and the operating system's refusals."""

import errno

import psycopg

from atlas_workflows.errors import AtlasError, ConfigurationError, DatabaseError, PermissionMissing
from atlas_workflows.secrets.masking import mask

AGAIN = "then the same command again; it continues where this one stopped."


def as_atlas_error(error: Exception) -> AtlasError | None:
    """The error as people should read it; None for one that nobody foresaw, whose traceback is wanted."""
    if isinstance(error, AtlasError):
        return error
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return PermissionMissing(
            f"The role may not do this: {_said(error)}.",
            remedy=f"Grant that right (`atlas schema roles-script` prints what migrating needs), {AGAIN}",
        )
    if isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
        return DatabaseError(
            f"The database takes no writes: {_said(error)}.",
            remedy=f"Name the primary, or take default_transaction_read_only off this role or database, {AGAIN}",
        )
    if isinstance(error, psycopg.errors.CharacterNotInRepertoire):
        return DatabaseError(
            f"A text of the database is no UTF-8: {_said(error)}.",
            remedy=f"Its encoding (SQL_ASCII) checks nothing: convert such texts there to UTF-8, {AGAIN}",
        )
    if isinstance(error, psycopg.errors.DiskFull):
        return DatabaseError(
            f"The server's disk is full: {_said(error)}.", remedy=f"Free space there, {AGAIN}"
        )
    if isinstance(error, psycopg.OperationalError):
        return DatabaseError(
            f"The database stopped answering: {_said(error)}.", remedy=f"Bring it back, {AGAIN}"
        )
    if isinstance(error, psycopg.Error):
        return DatabaseError(f"The database refused: {_said(error)}.", remedy=f"Mend that, {AGAIN}")
    return _of_this_machine(error) if isinstance(error, OSError) and error.errno else None


def _of_this_machine(error: OSError) -> ConfigurationError:
    where = f" at {error.filename}" if error.filename else ""
    remedy = {
        errno.ENOSPC: "Free space, or point ATLAS_HOME at a larger disk,",
        errno.EDQUOT: "Free space, or point ATLAS_HOME at a larger disk,",
        errno.EACCES: "Give yourself the right, or point ATLAS_HOME at a folder of yours,",
        errno.EPERM: "Give yourself the right, or point ATLAS_HOME at a folder of yours,",
    }.get(error.errno or 0, "Mend that,")
    return ConfigurationError(
        f"This machine refused{where}: {error.strerror or error}.", remedy=f"{remedy} {AGAIN}"
    )


def _said(error: psycopg.Error) -> str:
    lines = (error.diag.message_primary or str(error)).strip().splitlines()
    return mask(lines[0].rstrip(".")) if lines else type(error).__name__

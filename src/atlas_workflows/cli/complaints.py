"""What escaped every room below, as one fact and one remedy: the database's and the operating system's refusals."""

import errno

import psycopg

from atlas_workflows.db.faults import AGAIN, explained
from atlas_workflows.errors import AtlasError, ConfigurationError
from atlas_workflows.secrets.masking import mask


def as_atlas_error(error: Exception) -> AtlasError | None:
    """The error as people should read it; None for one that nobody foresaw, whose traceback is wanted."""
    if isinstance(error, AtlasError):
        return error
    if isinstance(error, psycopg.Error):
        return explained(error, mask)
    return _of_this_machine(error) if isinstance(error, OSError) and error.errno else None


def _of_this_machine(error: OSError) -> ConfigurationError:
    where = f" at {error.filename}" if error.filename else ""
    remedy = {
        errno.ENOSPC: "Free space, or point ATLAS_HOME at a larger disk,",
        errno.EDQUOT: "Free space, or point ATLAS_HOME at a larger disk,",
        errno.EACCES: "Give yourself the right, or point ATLAS_HOME at a folder of yours,",
        errno.EPERM: "Give yourself the right, or point ATLAS_HOME at a folder of yours,",
    }.get(error.errno or 0, "Fix this,")
    return ConfigurationError(
        f"This machine refused{where}: {error.strerror or error}.", remedy=f"{remedy} {AGAIN}"
    )

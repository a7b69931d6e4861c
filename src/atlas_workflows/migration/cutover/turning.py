"""Turns owners in one transaction, again and again until no transaction that notes events stands in the way."""

import time
from collections.abc import Callable, Iterable
from typing import TypeVar

from psycopg import errors

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import DatabaseError

T = TypeVar("T")
ATTEMPTS = 40
IN_THE_WAY = (errors.LockNotAvailable, errors.DeadlockDetected)


def turn_owners(
    connection: Connection, work: Callable[[], T], sleep: Callable[[float], None] = time.sleep
) -> T:
    """Do the work in a transaction of its own. Raises DatabaseError where others write to the CRM without an end."""
    for attempt in range(ATTEMPTS):
        try:
            with connection.transaction():
                return work()
        except IN_THE_WAY:
            sleep(min(2.0, 0.05 * 2 ** min(attempt, 6)))
    raise DatabaseError(
        "A transaction that writes to the CRM does not end, so nobody can say which events are from before.",
        remedy="Let the long transaction end (pg_stat_activity shows it), then run the same command again.",
    )


def next_epochs(connection: Connection, organizations: Iterable[str]) -> dict[str, int]:
    """Begin the next epoch of organizations: the last thing of a transaction that changes owners."""
    statement = sql("migration/cutover/next_epoch")
    return {
        name: int(scalar(connection, statement, {"organization": name}))
        for name in sorted(set(organizations))
    }

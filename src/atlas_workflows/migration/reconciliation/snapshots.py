"""Snapshots that see both sides at one instant, renewed before they grow old enough to hold vacuum back."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import scalar
from atlas_workflows.db.sql_files import sql

# Between two statements; the longest ask a whole table, so none that is begun in time makes a snapshot reach a minute.
MAX_AGE_SECONDS = 30.0
# One session asks, and sorts and joins some ten thousand rows at once: on disk that takes a tenth longer. Compiling what is
# asked once never pays.
SETTINGS = {"work_mem": "96MB", "jit": "off"}


@dataclass(slots=True)
class Snapshots:
    """Keeps one REPEATABLE READ transaction open on an autocommit session; `taken` lists every snapshot used, `oldest` is
    the age in seconds that the oldest one closed so far reached."""

    connection: Connection
    max_age: float = MAX_AGE_SECONDS
    taken: list[str] = field(default_factory=list)
    opened: float | None = None
    oldest: float = 0.0

    @property
    def number(self) -> int:
        """Which snapshot is the current one, counted from 1."""
        return len(self.taken)

    def current(self) -> Connection:
        """The session inside a snapshot younger than `max_age`. A row is compared within one snapshot, never across."""
        if self.opened is not None and time.monotonic() - self.opened > self.max_age:
            self.close()
        if self.opened is None:
            self.connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            for name, value in SETTINGS.items():
                self.connection.execute("SELECT set_config(%s, %s, true)", [name, value])
            self.taken.append(scalar(self.connection, sql("reconciliation/export_snapshot")))
            self.opened = time.monotonic()
        return self.connection

    def close(self) -> None:
        """End the transaction, if one is open."""
        if self.opened is not None:
            self.connection.execute("COMMIT")
            self.oldest = max(self.oldest, time.monotonic() - self.opened)
            self.opened = None


@contextmanager
def snapshots(connection: Connection) -> Iterator[Snapshots]:
    """Snapshots for the time of the block."""
    kept = Snapshots(connection)
    try:
        yield kept
    finally:
        if not connection.closed:
            kept.close()

"""Snapshots that see both sides at one instant, renewed before they grow old enough to hold vacuum back."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import psycopg
from psycopg import sql as compose

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import scalar
from atlas_workflows.db.sql_files import sql

# Between two statements; the longest ask a whole table, so none that is begun in time makes a snapshot reach a minute.
MAX_AGE_SECONDS = 30.0
# Each session sorts and joins some ten thousand rows at once: on disk that takes a tenth longer. Compiling what is asked once
# never pays; and sessions side by side are what there is of parallel work.
SETTINGS = {"work_mem": "96MB", "jit": "off", "max_parallel_workers_per_gather": "0"}
BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"


@dataclass(slots=True)
class Snapshots:
    """Keeps a REPEATABLE READ transaction open on each of some autocommit sessions, all in the snapshot that the first took;
    `taken` lists every snapshot used, `oldest` is the age in seconds that the oldest one closed so far reached."""

    sessions: Sequence[Connection]
    max_age: float = MAX_AGE_SECONDS
    taken: list[str] = field(default_factory=list)
    opened: float | None = None
    oldest: float = 0.0

    @property
    def is_old(self) -> bool:
        """Whether no statement should begin in this snapshot any more."""
        return self.opened is None or time.monotonic() - self.opened > self.max_age

    def current(self) -> Connection:
        """The first session, all of them inside a snapshot younger than `max_age`. A row is compared within one, never across."""
        if self.is_old:
            self.close()
            self._open()
        return self.sessions[0]

    def _open(self) -> None:
        first, *others = self.sessions
        first.execute(BEGIN)
        name = scalar(first, sql("reconciliation/export_snapshot"))
        for other in others:
            other.execute(BEGIN)
            exported = compose.Literal(name.partition("@")[0])
            other.execute(compose.SQL("SET TRANSACTION SNAPSHOT {}").format(exported))
        for session in self.sessions:
            for setting, value in SETTINGS.items():
                session.execute("SELECT set_config(%s, %s, true)", [setting, value])
        self.taken.append(name)
        self.opened = time.monotonic()

    def close(self) -> None:
        """End the transactions, if any are open."""
        if self.opened is not None:
            for session in self.sessions:
                session.execute("COMMIT")
            self.oldest = max(self.oldest, time.monotonic() - self.opened)
            self.opened = None


@contextmanager
def snapshots(sessions: Sequence[Connection]) -> Iterator[Snapshots]:
    """Snapshots for the time of the block."""
    kept = Snapshots(sessions)
    try:
        yield kept
    except BaseException:
        # Where a session broke, or was just called off, that is not to hide what happened first.
        with suppress(psycopg.Error):
            kept.close()
        raise
    kept.close()

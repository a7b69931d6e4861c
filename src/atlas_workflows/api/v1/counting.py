"""Who calls v1 how often: counted in memory, written every few seconds and at the end.

A count may be late and is never doubled: what a batch holds is fixed until the database is known to have it. What a kill loses is what
was counted since the batch before, a few seconds; and while the database is away all since then.
"""

import atexit
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from threading import Event, Lock, Thread
from uuid import uuid4

import structlog

from atlas_workflows.api.database import Database
from atlas_workflows.store.v1_usage import Counted, Server, add_counts

NOBODY = "nobody"
EVERY_SECONDS = 3.0
Key = tuple[str | None, date, str, str]


class Counter:
    """Counts of one server. Its thread is begun with the first request, in the process that serves."""

    def __init__(self, database: Database, now: Callable[[], datetime], every: float = EVERY_SECONDS) -> None:
        self.database, self.now, self.every = database, now, every
        self.server, self.began_at = "", now()
        self._counts: dict[Key, Counted] = {}
        self._sent: dict[Key, Counted] = {}  # the batch of which it is not known yet whether it arrived
        self._batch = 0
        self._lock, self._writing, self._ended = Lock(), Lock(), Event()
        self._thread: Thread | None = None
        self._told = ""  # why it cannot write at present: said once, not every three seconds

    def note(self, organization: str | None, route: str, caller: str, *, refused: bool) -> None:
        """One call was answered."""
        at = self.now()
        key = (organization, at.date(), route, caller)
        with self._lock:
            found = self._counts.get(key)
            calls, no = (1, 0) if found is None else (found.calls + 1, found.refused)
            self._counts[key] = Counted(*key, calls, no + refused, at)
        self.watch()

    def watch(self) -> None:
        """Begin to write what is counted, and to note that somebody counts."""
        with self._lock:
            if self._thread is not None or self._ended.is_set():
                return
            self._thread = Thread(target=self._write_on, name="v1-usage", daemon=True)
            self._thread.start()
        atexit.register(self.close)

    def flush(self) -> None:
        """Write what is counted and not written yet; where the database is away the batch is kept as it is for the next time."""
        with self._writing:
            # Not made before: of two processes that share a name one's batches would pass for the other's.
            self.server = self.server or str(uuid4())
            if not self._sent:
                self._next_batch()
            try:
                with self.database.session() as connection:
                    server = Server(self.server, self.began_at, self._batch)
                    add_counts(connection, self._sent.values(), server, self.now())
            except Exception as error:
                if self._told != str(error):
                    self._told = str(error)
                    structlog.get_logger().warning("calls of v1 cannot be counted", error=self._told)
                raise
            self._sent, self._told = {}, ""

    def _next_batch(self) -> None:
        with self._lock:
            self._sent, self._counts = self._counts, {}
        self._batch += bool(self._sent)

    def close(self) -> None:
        """Write the last of it; nothing is written after that."""
        self._ended.set()
        atexit.unregister(self.close)
        if self._thread is not None:
            self._thread.join(timeout=10)
            self._thread = None
            with suppress(Exception):
                self.flush()
                self.flush()  # what came while the batch before was not known to have arrived

    def _write_on(self) -> None:
        while not self._ended.wait(self.every):
            with suppress(Exception):
                self.flush()

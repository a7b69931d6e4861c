"""Wakes this process's lanes when somebody says that there is work; where that does not get through, they poll."""

from collections.abc import Callable, Mapping
from threading import Event, Thread

import psycopg
import structlog
from psycopg import sql as compose

from atlas_workflows.db.connect import connect
from atlas_workflows.errors import DatabaseError

LISTEN_SECONDS = 1.0
PAUSE_SECONDS = 2.0
log = structlog.get_logger()


class Listener:
    """One session that listens on channels, in a thread of its own. Behind a pool that gives no session it hears nothing."""

    def __init__(self, dsn: str, rings: Mapping[str, Callable[[], None]]) -> None:
        self.dsn = dsn
        self.rings = rings
        self.stopping = Event()
        self.thread = Thread(target=self._run, name="listener", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self.thread.start()

    def stop(self) -> None:
        """End within a second or so."""
        self.stopping.set()
        self.thread.join(LISTEN_SECONDS + PAUSE_SECONDS)

    def _run(self) -> None:
        while not self.stopping.is_set():
            try:
                self._listen()
            except (psycopg.Error, DatabaseError) as cause:
                log.warning("listener lost its session", error=str(cause).splitlines()[0])
                self.stopping.wait(PAUSE_SECONDS)

    def _listen(self) -> None:
        with connect(self.dsn, application_name="atlas-listener", autocommit=True) as connection:
            for channel, ring in self.rings.items():
                connection.execute(compose.SQL("LISTEN {}").format(compose.Identifier(channel)))
                ring()
            while not self.stopping.is_set():
                for notice in connection.notifies(timeout=LISTEN_SECONDS, stop_after=1):
                    self.rings[notice.channel]()

"""The API's sessions: reading as the application role under row-level security, deciding as the owner who audits."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Lock

from atlas_workflows.db.connect import Connection, application_transaction
from atlas_workflows.db.rows import scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import DatabaseError
from atlas_workflows.store.sessions import Pool, open_pool

SESSIONS = 16
PATIENCE_SECONDS = 10.0  # for a session; a caller is told to come again rather than kept waiting
# Nobody waits for a page longer than this; what takes longer is cut off and said.
SETTINGS: Mapping[str, str] = {"statement_timeout": "20s", "lock_timeout": "15s", "jit": "off"}


class Database:
    """A pool on the database at `dsn()`, opened at the first use: whoever mounts the application may not know it before."""

    def __init__(self, dsn: Callable[[], str], sessions: int = SESSIONS) -> None:
        self.dsn, self.sessions, self.patience = dsn, sessions, PATIENCE_SECONDS
        self._pool: Pool | None = None
        self._lock = Lock()

    @contextmanager
    def session(self) -> Iterator[Connection]:
        """The owner's session, each statement by itself: for what only the engine may touch, and what is audited."""
        with self._opened().connection(self.patience) as connection:
            yield connection

    @contextmanager
    def reading(self, organization: str, user: str | None = None) -> Iterator[Connection]:
        """One transaction of the application role that sees one organization; as `user` where one acts."""
        with self.session() as connection, application_transaction(connection, organization):
            if user is not None:
                connection.execute("SELECT atlas.act_as(%s, %s)", [user, organization])
            yield connection

    def require_schema(self) -> None:
        """Raise DatabaseError where schema atlas is not there, or older than the API."""
        with self.session() as connection:
            require_schema(connection)

    def close(self) -> None:
        """Close every session."""
        with self._lock:
            if self._pool is not None:
                self._pool.close()
                self._pool = None

    def _opened(self) -> Pool:
        with self._lock:
            if self._pool is None:
                self._pool = open_pool(self.dsn(), self.sessions, SETTINGS, name="atlas-api")
            return self._pool


def require_schema(connection: Connection) -> None:
    """Raise DatabaseError where schema atlas is not there, or older than the API."""
    if not scalar(connection, sql("api/schema_is_there")):
        raise DatabaseError(
            "Schema atlas is not there, or older than the API.", remedy="Run `atlas schema upgrade` first."
        )

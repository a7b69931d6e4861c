"""Where work is done: the database, the settings, the clock and who hears about progress, handed on as one thing."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from atlas_workflows.db.connect import Connection, connect
from atlas_workflows.settings import Settings, load_settings


@dataclass(frozen=True, slots=True)
class Progress:
    """One report of how far a step is; `eta_seconds` is None while it cannot be told."""

    step: str
    subject: str
    done: int
    total: int | None = None
    rows_per_second: float | None = None
    eta_seconds: float | None = None
    message: str = ""


ProgressSink = Callable[[Progress], None]


def silent(_progress: Progress) -> None:
    """A sink that shows nothing."""


def utc_now() -> datetime:
    """The default clock."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Site:
    """The CRM database at `dsn` (kept out of repr) and what goes with work on it. `is_task`: a task of Airflow works here, where
    multiprocessing, which imports the main program anew, has no place."""

    dsn: str = field(repr=False)
    settings: Settings
    progress: ProgressSink = silent
    now: Callable[[], datetime] = utc_now
    is_task: bool = False

    def connect(self, purpose: str, *, autocommit: bool = False) -> Connection:
        """A session with the fixed settings; `purpose` shows in pg_stat_activity as atlas-<purpose>."""
        return connect(self.dsn, application_name=f"atlas-{purpose}", autocommit=autocommit)


def crm_site(dsn: str | None = None, progress: ProgressSink = silent) -> Site:
    """The CRM database at `dsn`, else at ATLAS_CRM_DSN. Raises ConfigurationError where neither names one."""
    settings = load_settings()
    return Site(dsn or settings.require_crm_dsn(), settings, progress)

"""What every step of a phase run gets: identity, scope, options, connections, settings and a sink for progress."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from atlas_workflows.db.connect import Connection, connect
from atlas_workflows.errors import InputError
from atlas_workflows.migration.phase import Phase
from atlas_workflows.settings import Settings
from atlas_workflows.site import ProgressSink, silent, utc_now


@dataclass(frozen=True, slots=True)
class Scope:
    """Which organizations a run is about. Both empty: everything, rows without an organization included."""

    organizations: tuple[str, ...] = ()
    percent: int | None = None

    @staticmethod
    def chosen(organizations: Iterable[str], percent: int | None) -> "Scope":
        """The scope a person named. Raises InputError where some organizations and a percentage are both given."""
        named = tuple(sorted({name for item in organizations if (name := item.strip().lower())}))
        if named and percent is not None:
            raise InputError(
                "Organizations and a percentage are both given.",
                remedy="Give one of the two, or neither.",
            )
        return Scope(named, percent)

    @property
    def is_everything(self) -> bool:
        return not self.organizations and self.percent is None

    def to_json(self) -> dict[str, Any]:
        return {"organizations": list(self.organizations), "percent": self.percent}

    @staticmethod
    def from_json(document: Mapping[str, Any]) -> "Scope":
        return Scope(tuple(document.get("organizations") or ()), document.get("percent"))


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a run goes about it. Sizes in rows and bytes, times in seconds.

    `waivers` maps an item of the checklist to the reason why its failure is accepted; `actor` is who accepts it.
    """

    dry_run: bool = False
    batch_rows: int = 1_000
    batch_bytes: int = 16 * 1024 * 1024
    batch_seconds: float = 0.5
    workers: int = 1
    throttle: bool = True
    backup: bool = True
    rehearse: bool = True
    require_approval: bool = False
    assume_organization: str | None = None
    report_dir: str | None = None
    actor: str = "operator"
    waivers: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_json(document: Mapping[str, Any]) -> "RunOptions":
        known = {item.name for item in fields(RunOptions)}
        return RunOptions(**{name: value for name, value in document.items() if name in known})


@dataclass(frozen=True, slots=True)
class PhaseContext:
    """Handed to every step. `shared` carries what steps of one process tell each other (findings of a dry run).

    `persistent` is False for a dry run: nothing may be written to the database then, in any schema.
    """

    run_id: UUID
    phase: Phase
    scope: Scope
    options: RunOptions
    dsn: str = field(repr=False)
    settings: Settings
    progress: ProgressSink = silent
    now: Callable[[], datetime] = utc_now
    shared: dict[str, Any] = field(default_factory=dict)

    @property
    def persistent(self) -> bool:
        return not self.options.dry_run

    @property
    def report_dir(self) -> Path:
        """Where report.json, exports and Data Docs of this run go."""
        chosen = self.options.report_dir
        return Path(chosen) if chosen else self.settings.home / "reports" / str(self.run_id)

    def connect(self, purpose: str, *, autocommit: bool = False) -> Connection:
        """A session with the fixed settings; `purpose` shows in pg_stat_activity as atlas-<purpose>."""
        return connect(self.dsn, application_name=f"atlas-{purpose}", autocommit=autocommit)

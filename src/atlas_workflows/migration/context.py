"""What every step of a phase run gets: identity, scope, options, connections, settings and a sink for progress."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from atlas_workflows.db.connect import Connection
from atlas_workflows.migration.phase import Phase
from atlas_workflows.migration.request import RunOptions, Scope
from atlas_workflows.settings import Settings
from atlas_workflows.site import Progress, Site


@dataclass(frozen=True, slots=True)
class PhaseContext:
    """Handed to every step. `shared` carries what steps of one process tell each other (findings of a dry run).

    `persistent` is False for a dry run: nothing may be written to the database then, in any schema.
    """

    run_id: UUID
    phase: Phase
    scope: Scope
    options: RunOptions
    site: Site
    shared: dict[str, Any] = field(default_factory=dict)

    @property
    def persistent(self) -> bool:
        return not self.options.dry_run

    @property
    def is_alone(self) -> bool:
        """Whether all work is this process's: a task starts no others, and what a dry run found is in the memory of one."""
        return self.site.is_task or not self.persistent

    @property
    def rehearses(self) -> bool:
        """Whether this run asks for a rehearsal, in a phase that has one."""
        return self.options.rehearse and "rehearse" in self.phase.steps

    @property
    def report_dir(self) -> Path:
        """Where report.json, exports and Data Docs of this run go."""
        chosen = self.options.report_dir
        return Path(chosen) if chosen else self.settings.home / "reports" / str(self.run_id)

    @property
    def dsn(self) -> str:
        return self.site.dsn

    @property
    def settings(self) -> Settings:
        return self.site.settings

    def progress(self, report: Progress) -> None:
        """Tell whoever watches how far the step is."""
        self.site.progress(report)

    def now(self) -> datetime:
        """The instant by the clock of the site."""
        return self.site.now()

    def connect(self, purpose: str, *, autocommit: bool = False) -> Connection:
        """A session with the fixed settings; `purpose` shows in pg_stat_activity as atlas-<purpose>."""
        return self.site.connect(purpose, autocommit=autocommit)

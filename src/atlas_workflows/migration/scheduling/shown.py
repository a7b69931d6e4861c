"""What phase 4 wrote down about schedules, as reports show it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import errors

from atlas_workflows.db.acting import acting_as_migration
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import rows
from atlas_workflows.db.sql_files import sql
from atlas_workflows.exact_json import loads
from atlas_workflows.migration.scheduling.standing import ACTIVE, Standing


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """A schedule as it was looked at last."""

    organization_id: str
    workflow_id: str
    trigger: str
    legacy_id: str
    name: str
    standing: str
    why: str
    timezone: str | None
    words: str
    fire_times: Mapping[str, Any]
    activated_at: datetime | None

    @property
    def wakes_up(self) -> bool:
        """It never fired before, and somebody signed that it may."""
        return self.standing == Standing.WAKES_UP

    def to_json(self) -> dict[str, Any]:
        """For report.json; `before` and `after` are ten instants each."""
        told = self.fire_times
        configured = told["configured"]
        return {
            "organization_id": self.organization_id, "workflow_id": self.workflow_id, "trigger": self.trigger,
            "legacy_id": self.legacy_id, "name": self.name, "standing": self.standing, "why": self.why,
            "before": {**configured, "executed": told["executed"], "last_fired_at": told["last_fired_at"]},
            "after": {"timezone": self.timezone, "words": self.words, "at": told["after"]},
            "activated_at": None if self.activated_at is None else self.activated_at.isoformat(),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Schedules:
    """All of them, those that begin first."""

    rows: tuple[ScheduleRow, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """How many of each standing, with what it means."""
        counts = Counter(row.standing for row in self.rows)
        return {
            "schedules": len(self.rows),
            "executed_before": sum(1 for row in self.rows if row.fire_times["executed"]),
            "standings": [
                {
                    "standing": str(standing), "schedules": counts[standing], "meaning": standing.sentence,
                    "fires_here": standing in (*ACTIVE, Standing.FIRES_HERE),
                }
                for standing in Standing
                if counts[standing]
            ],
        }  # fmt: skip


def read_schedules(connection: Connection, organizations: Sequence[str] | None = None) -> Schedules:
    """Those of some organizations, or all. A schema of an earlier revision holds none."""
    given = {"organizations": None if organizations is None else list(organizations)}
    try:
        with acting_as_migration(connection):
            found = rows(connection, _row, sql("migration/p4_advanced/kept"), given)
    except (errors.UndefinedTable, errors.InvalidSchemaName):
        return Schedules()
    order = tuple(Standing)
    return Schedules(tuple(sorted(found, key=lambda row: order.index(Standing(row.standing)))))


def _row(fire_times: str, **columns: Any) -> ScheduleRow:
    return ScheduleRow(fire_times=loads(fire_times), **columns)

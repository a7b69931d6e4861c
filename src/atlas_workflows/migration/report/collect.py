"""Gathers what a report shows, from the ledger of a real run or from the findings of a dry one."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import rows
from atlas_workflows.db.sql_files import sql
from atlas_workflows.migration.evidence.shown import Shown, read_shown
from atlas_workflows.migration.movement.dry_run import WORKFLOWS, DryRunFindings
from atlas_workflows.migration.movement.tenants import Tenants
from atlas_workflows.migration.runs.records import RunRow, StepRow, read_steps
from atlas_workflows.migration.scheduling.shown import Schedules, read_schedules
from atlas_workflows.migration.shadow.shown import Shadow, read_shadow
from atlas_workflows.secrets.masking import mask, mask_values

OUTCOMES = ("migrated", "migrated_with_warnings", "quarantined", "skipped", "archived")
COUNTED = OUTCOMES[:4]


@dataclass(frozen=True, slots=True)
class ReportData:
    """Everything a report needs; `others` may be long and is read once, as it is written."""

    run: RunRow
    totals: Mapping[str, Mapping[str, int]]
    workflows: tuple[Mapping[str, Any], ...]
    others: Iterable[Mapping[str, Any]]
    steps: tuple[StepRow, ...] = ()
    checklist: tuple[Mapping[str, Any], ...] = ()
    validation: tuple[Mapping[str, Any], ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    evidence: Shown = field(default_factory=dict)
    shadow: Shadow = field(default_factory=Shadow)
    schedules: Schedules = field(default_factory=Schedules)

    @property
    def counts(self) -> dict[str, int]:
        """Workflows per outcome, the four of them always present."""
        return {outcome: self.totals.get(WORKFLOWS, {}).get(outcome, 0) for outcome in COUNTED}

    @property
    def quarantined(self) -> int:
        """Quarantined rows of all tables."""
        return sum(item.get("quarantined", 0) for item in self.totals.values())


def collect(connection: Connection, run: RunRow, tenants: Tenants) -> ReportData:
    """From the ledger: every row of the run's organizations, whichever run wrote it."""
    parameters: dict[str, Any] = {
        "phase": run.phase,
        "organizations": None if tenants.covered is None else sorted(tenants.covered),
    }
    workflows = tuple(_ledger_rows(connection, parameters | {"is_workflow": True}))
    return ReportData(
        run=run,
        totals=_totals(connection, parameters),
        workflows=workflows,
        others=_ledger_rows(connection, parameters | {"is_workflow": False}),
        steps=read_steps(connection, run.id),
        checklist=_records(connection, "migration/report/checklist", {"id": run.id}),
        validation=_records(connection, "migration/report/validation", {"id": run.id}),
        names=_names(connection, parameters),
        evidence=read_shown(connection, parameters["organizations"]),
        shadow=read_shadow(connection, parameters["organizations"]),
        schedules=read_schedules(connection, parameters["organizations"]),
    )


def from_findings(run: RunRow, findings: DryRunFindings) -> ReportData:
    """From a dry run."""
    totals: dict[str, Mapping[str, int]] = {table: Counter(item) for table, item in findings.counts.items()}
    rows = [_clean(row) for row in findings.rows]
    return ReportData(
        run=run,
        totals=totals,
        workflows=tuple(row for row in rows if row["table"] == WORKFLOWS),
        others=[row for row in rows if row["table"] != WORKFLOWS],
        evidence=findings.evidence,
    )


def _ledger_rows(connection: Connection, parameters: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    names = ("table", "id", "organization_id", "outcome", "reasons", "changes")
    with connection.transaction(), connection.cursor(name="atlas_report") as cursor:
        cursor.itersize = 2_000
        cursor.execute(sql("migration/report/rows"), parameters)
        for values in cursor:
            yield _clean(dict(zip(names, values, strict=True)))


def _clean(row: Mapping[str, Any]) -> Mapping[str, Any]:
    organization = row["organization_id"]
    return {
        **row,
        "organization_id": None if organization is None else str(organization),
        "reasons": mask_values(row["reasons"]),
        "changes": mask_values(row["changes"]),
    }


def _totals(connection: Connection, parameters: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    totals: dict[str, dict[str, int]] = {}
    for table, outcome, count in connection.execute(sql("migration/report/totals"), parameters):
        totals.setdefault(table, dict.fromkeys(OUTCOMES, 0))[outcome] = count
    return totals


def _names(connection: Connection, parameters: Mapping[str, Any]) -> dict[str, str]:
    cursor = connection.execute(sql("migration/report/names"), parameters)
    return {str(key): mask(name) for key, name in cursor}


def _records(
    connection: Connection, name: str, parameters: Mapping[str, Any]
) -> tuple[Mapping[str, Any], ...]:
    return tuple(rows(connection, dict, sql(name), parameters))

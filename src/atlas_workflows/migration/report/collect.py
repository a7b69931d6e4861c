"""Gathers what a report shows, from the ledger of a real run or from the findings of a dry one."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import rows
from atlas_workflows.db.sql_files import sql
from atlas_workflows.migration.checks.keep import KEYS
from atlas_workflows.migration.evidence.shown import Shown, read_shown
from atlas_workflows.migration.movement.dry_run import WORKFLOWS, DryRunFindings, name_in
from atlas_workflows.migration.movement.tenants import Tenants
from atlas_workflows.migration.runs.records import RunRow, StepRow, read_steps
from atlas_workflows.migration.scheduling.shown import Schedules, read_schedules
from atlas_workflows.migration.shadow.shown import Shadow, read_shadow
from atlas_workflows.recurring.survey import organization_names
from atlas_workflows.secrets.masking import mask, mask_values
from atlas_workflows.validation.key_files import key_file
from atlas_workflows.validation.results import ExpectationResult

OUTCOMES = ("migrated", "migrated_with_warnings", "quarantined", "skipped", "archived")
COUNTED = OUTCOMES[:4]
MOST_KEYS = 50  # of a rule, in the page; its file has all
TABLE, ID, ORGANIZATION = KEYS


@dataclass(frozen=True, slots=True)
class ReportData:
    """Everything a report needs; `workflows`, `others` and `standing` may be long and are read once each, as they are written.

    `standing` are workflows that an earlier phase moved: the page shows them, and they are counted nowhere.
    `names` and `owners` are of workflows, by the id of their source row; `organizations` are names as well.
    """

    run: RunRow
    totals: Mapping[str, Mapping[str, int]]
    workflows: Iterable[Mapping[str, Any]]
    others: Iterable[Mapping[str, Any]]
    standing: Iterable[Mapping[str, Any]] = ()
    steps: tuple[StepRow, ...] = ()
    checklist: tuple[Mapping[str, Any], ...] = ()
    validation: tuple[Mapping[str, Any], ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)
    organizations: Mapping[str, str] = field(default_factory=dict)
    certificates: tuple[Mapping[str, Any], ...] = ()
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


def collect(connection: Connection, run: RunRow, tenants: Tenants, moved_by: str) -> ReportData:
    """From the ledger: every row of the run's organizations, whichever run wrote it.

    `moved_by` is the phase that moves rows; what a later one is about are the workflows that this one left.
    """
    parameters: dict[str, Any] = {
        "phase": run.phase,
        "organizations": None if tenants.covered is None else sorted(tenants.covered),
    }
    standing = {**parameters, "phase": moved_by, "is_workflow": True} if moved_by != run.phase else None
    names, owners = _names(connection, parameters)
    return ReportData(
        run=run,
        totals=_totals(connection, parameters),
        workflows=_ledger_rows(connection, parameters | {"is_workflow": True}),
        others=_ledger_rows(connection, parameters | {"is_workflow": False}),
        standing=_ledger_rows(connection, standing) if standing else (),
        steps=read_steps(connection, run.id),
        checklist=_records(connection, "migration/report/checklist", {"id": run.id}),
        validation=_records(
            connection, "migration/report/validation", {"id": run.id, "most_keys": MOST_KEYS}
        ),
        names=names,
        owners=owners,
        organizations=_masked(organization_names(connection)),
        certificates=_records(connection, "migration/report/certificates", parameters),
        evidence=read_shown(connection, parameters["organizations"]),
        shadow=read_shadow(connection, parameters["organizations"]),
        schedules=read_schedules(connection, parameters["organizations"]),
    )


def from_findings(
    run: RunRow,
    findings: DryRunFindings,
    *,
    steps: Sequence[StepRow] = (),
    checked: Iterable[ExpectationResult] = (),
    organizations: Mapping[str, str] | None = None,
) -> ReportData:
    """From a dry run: what it translated in memory, how its steps went, and what its suites found."""
    totals: dict[str, Mapping[str, int]] = {table: Counter(item) for table, item in findings.counts.items()}
    rows = [_clean(row) for row in findings.rows]
    return ReportData(
        run=run,
        totals=totals,
        workflows=tuple(row for row in rows if row["table"] == WORKFLOWS),
        others=[row for row in rows if row["table"] != WORKFLOWS],
        steps=tuple(steps),
        validation=tuple(sorted(map(_checked, checked), key=lambda rule: rule["status"] == "passed")),
        names=_masked(findings.names),
        organizations=_masked(organizations or {}),
        evidence=findings.evidence,
    )


def _checked(result: ExpectationResult) -> Mapping[str, Any]:
    """As include/sql/migration/report/validation.sql gives it."""
    keys = [
        {"table": key.get(TABLE), "id": key.get(ID), "organization_id": key.get(ORGANIZATION)}
        for key in result.keys[:MOST_KEYS]
    ]
    return {
        "suite": result.suite, "batch": result.batch, "column": result.column, "expectation": result.expectation,
        "why": result.why, "severity": result.severity, "status": str(result.status),
        "observed": dict(result.observed), "error": result.error, "unexpected_count": result.unexpected_count,
        "failing_keys_file": key_file(result) if result.keys else None, "first_keys": keys,
    }  # fmt: skip


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


def _names(
    connection: Connection, parameters: Mapping[str, Any]
) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Names and owners of workflows; what was not migrated has the name that its original holds."""
    names: dict[str, str] = {}
    owners: dict[str, str] = {}
    for source_id, name, owner, original in connection.execute(sql("migration/report/names"), parameters):
        if found := name or name_in(original):
            names[source_id] = found
        if owner:
            owners[source_id] = owner
    return _masked(names), owners


def _masked(names: Mapping[str, str]) -> dict[str, str]:
    return {key: mask(name) for key, name in names.items()}


def _records(
    connection: Connection, name: str, parameters: Mapping[str, Any]
) -> tuple[Mapping[str, Any], ...]:
    return tuple(rows(connection, dict, sql(name), parameters))

"""Shadow verdicts as the report, the terminal and the gate read them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from psycopg import errors

from atlas_workflows.db.acting import acting_as_migration
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import rows
from atlas_workflows.db.sql_files import sql
from atlas_workflows.exact_json import loads
from atlas_workflows.migration.shadow.compare import Change
from atlas_workflows.migration.shadow.forecast import Outlook, Waking, outlook
from atlas_workflows.migration.shadow.reenact import Cause


@dataclass(frozen=True, slots=True)
class DifferenceRow:
    """A stored difference; without codes it is unexplained."""

    workflow_id: str
    change: str
    node_id: str | None
    field: str
    codes: list[str]
    times: int
    before: str
    after: str
    example: str

    @property
    def sentence(self) -> str:
        """One line for people."""
        where = f" at {self.node_id}" if self.node_id else ""
        part = f" ({self.field})" if self.field else ""
        because = f"explained by {', '.join(self.codes)}" if self.codes else "UNEXPLAINED"
        return f"{self.change}{where}{part}, {self.times} times, {because}: {self.before or '–'} → {self.after or '–'}"


@dataclass(frozen=True, slots=True)
class WorkflowRow:
    """A stored verdict."""

    organization_id: str
    workflow_id: str
    legacy_id: str
    name: str
    is_live: bool
    compared_at: datetime
    engine: str
    standing: list[str]
    executions: int
    recorded: int
    reproduced: int
    assumed: int
    causes: Mapping[str, Mapping[str, Any]]
    subjects: int
    triggers: int
    is_made_up: bool
    same: int
    explained: int
    unexplained: int
    messages_before: int
    messages_after: int
    differences: tuple[DifferenceRow, ...] = ()

    @property
    def is_proven(self) -> bool:
        """Whether any finished steps were recorded that could prove anything."""
        return self.recorded > 0

    @property
    def history(self) -> str:
        """What the re-enactment says, for people."""
        if not self.is_proven:
            return "unproven: no finished steps were recorded in 90 days"
        assumed = f", {self.assumed} of them with conditions taken from the record" if self.assumed else ""
        return f"{self.reproduced} of {self.recorded} executions of 90 days reproduce{assumed}"

    def to_json(self) -> dict[str, Any]:
        """For scripts and the report."""
        document = asdict(self)
        return document | {"compared_at": self.compared_at.isoformat(), "is_proven": self.is_proven}


@dataclass(frozen=True, slots=True)
class Shadow:
    """All verdicts asked for, and what they come to."""

    workflows: tuple[WorkflowRow, ...] = ()
    waking: Mapping[str, Waking] = field(default_factory=dict)

    @property
    def is_there(self) -> bool:
        return bool(self.workflows)

    @property
    def forecasts(self) -> Sequence[Outlook]:
        """Messages before and after, per organization."""
        return outlook(self.workflows, self.waking)

    def totals(self) -> dict[str, Any]:
        """Sums, with every cause and change that occurs and what it means."""
        causes, changes = Counter[str](), Counter[tuple[str, bool]]()
        for row in self.workflows:
            causes.update({cause: int(told["times"]) for cause, told in row.causes.items()})
            for each in row.differences:
                changes[each.change, bool(each.codes)] += each.times
        return {
            "workflows": len(self.workflows),
            "unproven": sum(1 for row in self.workflows if not row.is_proven),
            **{name: sum(getattr(row, name) for row in self.workflows) for name in _SUMMED},
            "workflows_same": sum(1 for row in self.workflows if row.same == row.triggers),
            "workflows_explained": sum(1 for row in self.workflows if row.explained and not row.unexplained),
            "workflows_unexplained": sum(1 for row in self.workflows if row.unexplained),
            "causes": [
                {"cause": cause, "times": times, "meaning": _meaning(Cause, cause)}
                for cause, times in causes.most_common()
            ],
            "changes": [
                {
                    "change": change,
                    "explained": is_explained,
                    "times": times,
                    "meaning": _meaning(Change, change),
                }
                for (change, is_explained), times in changes.most_common()
            ],
        }

    def to_json(self) -> dict[str, Any]:
        """Totals and forecasts; the workflows are listed apart."""
        return self.totals() | {"forecasts": [each.to_json() for each in self.forecasts]}


_SUMMED = ("executions", "recorded", "reproduced", "assumed", "triggers")


def read_shadow(
    connection: Connection, organizations: Sequence[str] | None = None, workflow_id: str | None = None
) -> Shadow:
    """The stored verdicts, unexplained ones first. A schema of an earlier revision holds none."""
    given = {
        "organizations": None if organizations is None else list(organizations),
        "workflow_id": workflow_id,
    }
    try:
        with acting_as_migration(connection):
            return Shadow(tuple(_workflows(connection, given)), _waking(connection, given))
    except (errors.UndefinedTable, errors.InvalidSchemaName):
        return Shadow()


def _workflows(connection: Connection, given: Mapping[str, Any]) -> Iterable[WorkflowRow]:
    differences: dict[str, list[DifferenceRow]] = defaultdict(list)
    for row in rows(connection, DifferenceRow, sql("migration/shadow/differences"), given):
        differences[row.workflow_id].append(row)

    def made(workflow_id: str, causes: str, **columns: Any) -> WorkflowRow:
        told = tuple(differences.get(workflow_id, ()))
        return WorkflowRow(workflow_id=workflow_id, causes=loads(causes), differences=told, **columns)

    return rows(connection, made, sql("migration/shadow/workflows"), given)


def _waking(connection: Connection, given: Mapping[str, Any]) -> dict[str, Waking]:
    found = rows(
        connection, Waking, sql("migration/shadow/waking"), {"organizations": given["organizations"]}
    )
    return {item.organization_id: item for item in found}


def _meaning(codes: Any, name: str) -> str:
    found = codes.__members__.get(name)
    return "" if found is None else str(found.documentation)

"""What passes between readers, translation and loader: source rows in, target rows and outcomes out. Pure data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from atlas_workflows.graph.model import Workflow
from atlas_workflows.legacy.reasons import Reason, SemanticChange

# A legacy row: every column as PostgreSQL's `column::text`, in column order; None is SQL NULL.
Row = Mapping[str, str | None]

# table of schema atlas -> rows of column -> value. A value is COPY-able as it stands: str, int, bool, None, or a
# list of str for text[]. Columns of type jsonb hold JSON *text*; timestamps hold the source's own text.
TargetRows = dict[str, list[dict[str, Any]]]


class Outcome(StrEnum):
    """What became of a source row; the ledger's word for it."""

    MIGRATED = "migrated"
    MIGRATED_WITH_WARNINGS = "migrated_with_warnings"
    QUARANTINED = "quarantined"
    SKIPPED = "skipped"
    ARCHIVED = "archived"


@dataclass(frozen=True, slots=True)
class Tenancy:
    """Who may own a row. `assumed` is the organization an operator named for rows that name none.

    `templates`: ids of the templates there are; None where that was not looked up. `private_templates`: the owners of
    those that are not public. `zones`: the organizations' own time zones, as stored. `endpoints`: of the webhook
    endpoints that more than one organization names, whose each is.
    """

    organizations: frozenset[str]
    users: frozenset[str] = frozenset()
    assumed: str | None = None
    templates: frozenset[str] | None = None
    zones: Mapping[str, str] = field(default_factory=dict)
    private_templates: Mapping[str, str] = field(default_factory=dict)
    endpoints: Mapping[str, str] = field(default_factory=dict)

    def zone_of(self, organization: str | None) -> str | None:
        """The zone that the organization names for itself; None where it names none."""
        return self.zones.get(organization) if organization else None


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row of a legacy table; `side[name]` holds the rows its SideTable of that name found."""

    table: str
    id: str
    columns: Row
    side: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InBulk:
    """SQL files for a pass over a whole table: `makes` the temporary table `table`, `fills` it by one look at everything, and a
    `statement` that asks it in the place of a side table's own. The session must be allowed to make temporary tables."""

    table: str
    makes: str
    fills: str
    statement: str


@dataclass(frozen=True, slots=True)
class SideTable:
    """Rows read along with a batch: those of `table` whose `key` equals the batch row's column `of`.

    When such a row changes, the rows it belongs to must be translated again. `columns` narrows what is read (empty =
    all); `statement` names an SQL file that finds the rows instead, with `columns` as its result and `keys` as its
    parameter. `in_bulk`: how a pass over the whole table finds them.
    """

    name: str
    table: str
    key: str
    of: str = "id"
    order: str = "id"
    columns: tuple[str, ...] = ()
    statement: str = ""
    in_bulk: InBulk | None = None


@dataclass(frozen=True, slots=True)
class LegacyWorkflow:
    """A workflow as one of the shapes keeps it, columns untouched, with the side rows that belong to it.

    `holder` is the id of the row that keeps the graph where that is not the workflow's own: secrets found belong to it.
    `evidence`: what a survey of the history says (legacy.evidence.seen); None where none was made.
    """

    shape: str
    table: str
    id: str
    organization_id: str | None
    columns: Row
    trigger_rows: tuple[Row, ...] = ()
    webhook_rows: tuple[Row, ...] = ()
    schedule_rows: tuple[Row, ...] = ()
    variable_rows: tuple[Row, ...] = ()
    node_rows: tuple[Row, ...] = ()
    holder: str | None = None
    evidence: Row | None = None


@dataclass(frozen=True, slots=True)
class SecretFound:
    """A plaintext secret and where it stood. The loader seals `value` into atlas.secrets under `id`."""

    id: UUID
    path: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TriggerLink:
    """What a trigger of the definition owes to legacy rows: the row of atlas.workflow_triggers beside it."""

    trigger_key: str
    source_table: str
    source_id: str
    row_id: UUID
    schedule: Mapping[str, Any] | None = None
    webhook_endpoint: str | None = None
    webhook_secret: UUID | None = None
    last_triggered_at: str | None = None
    created_at: str | None = None


@dataclass(frozen=True, slots=True)
class Translation:
    """The verdict on one legacy workflow. `changes` non-empty means: inactive until somebody signs.

    `status` is what the workflow should be once signed; `workflow` is None only when quarantined. `judged`: per trigger
    the class of evidence and the rule it comes from, None where that was not looked into.
    """

    workflow: Workflow | None
    status: str
    outcome: Outcome
    organization_id: str | None = None
    reasons: tuple[Reason, ...] = ()
    changes: tuple[SemanticChange, ...] = ()
    secrets: tuple[SecretFound, ...] = ()
    holds_secret: bool = False
    may_hold_secret: bool = False
    counters: Mapping[str, int | None] = field(default_factory=dict)
    reported: Mapping[str, Any] = field(default_factory=dict)
    template_id: str | None = None
    links: tuple[TriggerLink, ...] = ()
    judged: tuple[tuple[str, str] | None, ...] = ()


@dataclass(frozen=True, slots=True)
class RowsOutcome:
    """What one source row becomes: target rows, and the entry for the ledger.

    `holds_secret`: the original must be sealed, and its hash be an HMAC. `may_hold_secret`: what was read could hold one,
    so everything written is looked through. `parent`: (table, id) of the row whose
    translation carries this one, so that a change here means translating that row again.
    """

    outcome: Outcome
    organization_id: str | None
    rows: TargetRows = field(default_factory=dict)
    reasons: tuple[Reason, ...] = ()
    changes: tuple[SemanticChange, ...] = ()
    secrets: tuple[SecretFound, ...] = ()
    holds_secret: bool = False
    may_hold_secret: bool = False
    parent: tuple[str, str] | None = None
    translation: Translation | None = None


@dataclass(frozen=True, slots=True)
class SourceTable:
    """A legacy table the backfill reads: keyset by `key`, side rows per batch, and the pure `rows` per source row.

    `rows` never raises, whatever the row holds. `after` names source tables that must be loaded before.
    """

    table: str
    rows: Callable[[SourceRow, Tenancy], RowsOutcome]
    key: str = "id"
    sides: tuple[SideTable, ...] = ()
    after: tuple[str, ...] = ()

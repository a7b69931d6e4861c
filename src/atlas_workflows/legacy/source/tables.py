"""Which legacy tables are read row by row, for the shape the catalog shows, in the order they are loaded."""

from atlas_workflows.graph.catalogue import Catalogue
from atlas_workflows.legacy.graph.rows import workflow_rows
from atlas_workflows.legacy.history import (
    executions,
    records_beside,
    registered_triggers,
    steps,
    variables,
    versions,
)
from atlas_workflows.legacy.records import RowsOutcome, SourceRow, SourceTable, Tenancy
from atlas_workflows.legacy.source.readers import a, b, c, d, e, f, scoring
from atlas_workflows.legacy.source.readers.reader import Reader
from atlas_workflows.legacy.source.shapes import Shape
from atlas_workflows.legacy.translate import translate

READERS = {module.READER.shape: module.READER for module in (a, b, c, d, e, f, scoring)}
BESIDE = (
    versions.TEMPLATES,
    registered_triggers.TRIGGERS,
    registered_triggers.WEBHOOKS,
    registered_triggers.SCHEDULES,
    versions.VERSIONS,
    variables.VARIABLES,
    variables.SNIPPETS,
    executions.SOURCE,
    steps.SOURCE,
    records_beside.ANALYTICS,
    records_beside.QUEUE,
    records_beside.NODES,
    records_beside.TRIGGER_DEFINITIONS,
    records_beside.ACTION_DEFINITIONS,
)


def source_tables(shape: Shape, catalogue: Catalogue | None = None) -> tuple[SourceTable, ...]:
    """Every table that is migrated, archived or compared row by row; `workflows` first, then what refers to it.

    With a `catalogue` translated workflows are validated, and those with errors stay inactive.
    """
    reader = READERS[shape.letter]
    workflows = SourceTable("workflows", _WorkflowRows(reader, catalogue), sides=reader.sides)
    return (workflows, *(source for source in BESIDE if source.table in shape.tables))


class _WorkflowRows:
    """`rows` of the workflows table of one shape."""

    def __init__(self, reader: Reader, catalogue: Catalogue | None) -> None:
        self.reader = reader
        self.catalogue = catalogue

    def __call__(self, row: SourceRow, tenancy: Tenancy) -> RowsOutcome:
        record = self.reader.record(row)
        translation = translate(record, tenancy, self.catalogue)
        return RowsOutcome(
            outcome=translation.outcome,
            organization_id=translation.organization_id,
            rows=workflow_rows(record, translation),
            reasons=translation.reasons,
            changes=translation.changes,
            secrets=translation.secrets,
            holds_secret=translation.holds_secret,
            may_hold_secret=translation.may_hold_secret,
            translation=translation,
        )

"""What must hold between a legacy workflow and the definition made of it, beyond columns and hashes. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from atlas_workflows.exact_json import loads
from atlas_workflows.migration.reconciliation.conservation import losses
from atlas_workflows.migration.reconciliation.differences import Difference, Kind
from atlas_workflows.migration.reconciliation.legacy_graph import graphs_of, leaves
from atlas_workflows.migration.reconciliation.our_side import Entry, TargetRow, TargetRows
from atlas_workflows.migration.reconciliation.source_side import Row

NO_TRIGGER = frozenset({"", "manual"})


def compare_workflow(row: Row, entry: Entry, target: TargetRow, targets: TargetRows) -> Iterator[Difference]:
    """Nodes, edges, texts, numbers and triggers of the legacy row against the definition and its trigger rows."""
    definition = loads(target.get("definition") or "{}")

    def differs(kind: Kind, column: str, detail: str = "") -> Difference:
        return Difference(kind, row.table, row.id, row.organization_id, column, detail)

    for kind, detail in losses(graphs_of(row.columns), definition, is_sealed=entry.sealed is not None):
        yield differs(kind, "workflows.definition", detail)
    defined = {str(item.get("id")) for item in definition.get("triggers") or ()}
    if not defined and (row.columns.get("trigger_type") or "").lower() not in NO_TRIGGER:
        yield differs(Kind.TRIGGER_LOST, "workflows.definition")
    keys = [str(item.get("trigger_key")) for item in targets.get("workflow_triggers") or ()]
    if sorted(keys) != sorted(defined):
        yield differs(
            Kind.TRIGGER_ROWS_DIFFER, "workflow_triggers", f"{len(keys)} rows, {len(defined)} triggers"
        )


def secret_references(value: Any) -> Iterator[str]:
    """Every reference {"$secret": id} below `value`."""
    if isinstance(value, Mapping):
        if set(value) == {"$secret"}:
            yield str(value["$secret"])
        for item in value.values():
            yield from secret_references(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from secret_references(item)


def holds_text(value: Any, secret: str) -> bool:
    """Whether a secret's plain text stands anywhere below `value`."""
    return any(isinstance(item, str) and secret in item for item in leaves(value))

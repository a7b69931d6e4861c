"""What must hold between a legacy workflow and the definition made of it, beyond columns and hashes. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from atlas_workflows.exact_json import loads
from atlas_workflows.migration.reconciliation.conservation import Loss, losses
from atlas_workflows.migration.reconciliation.differences import Difference, Kind
from atlas_workflows.migration.reconciliation.legacy_graph import graphs_of, leaves
from atlas_workflows.migration.reconciliation.our_side import Entry, TargetRow, TargetRows
from atlas_workflows.migration.reconciliation.source_side import Row

Opened = Callable[[Iterable[str]], list[str]]
"""The plain values of the secrets with these ids; what is not stored or cannot be opened is left out."""
NO_TRIGGER = frozenset({"", "manual"})


def compare_workflow(
    row: Row, entry: Entry, target: TargetRow, targets: TargetRows, opened: Opened
) -> Iterator[Difference]:
    """Nodes, edges, texts, numbers and triggers of the legacy row against the definition and its trigger rows."""
    definition = loads(target.get("definition") or "{}")

    def differs(kind: Kind, column: str, detail: str = "") -> Difference:
        return Difference(kind, row.table, row.id, row.organization_id, column, detail)

    for kind, detail in _losses(row, entry, definition, opened):
        yield differs(kind, "workflows.definition", detail)
    defined = {str(item.get("id")) for item in definition.get("triggers") or ()}
    if not defined and (row.columns.get("trigger_type") or "").lower() not in NO_TRIGGER:
        yield differs(Kind.TRIGGER_LOST, "workflows.definition")
    keys = [str(item.get("trigger_key")) for item in targets.get("workflow_triggers") or ()]
    if sorted(keys) != sorted(defined):
        yield differs(
            Kind.TRIGGER_ROWS_DIFFER, "workflow_triggers", f"{len(keys)} rows, {len(defined)} triggers"
        )


def _losses(row: Row, entry: Entry, definition: Mapping[str, Any], opened: Opened) -> list[Loss]:
    graphs, is_sealed = graphs_of(row.columns), entry.sealed is not None
    found = losses(graphs, definition, is_sealed=is_sealed)
    if not (found and is_sealed):
        return found
    # What seems lost may have become a secret.
    return losses(graphs, definition, is_sealed=True, taken_out=opened(secret_references(definition)))


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

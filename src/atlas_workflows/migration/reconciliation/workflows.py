"""What must hold between a legacy workflow and the definition made of it, beyond columns and hashes. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from atlas_workflows.exact_json import loads
from atlas_workflows.migration.reconciliation.conservation import Loss, losses
from atlas_workflows.migration.reconciliation.differences import Difference, DifferenceKind
from atlas_workflows.migration.reconciliation.legacy_graph import graphs_of, leaves, unread
from atlas_workflows.migration.reconciliation.our_side import LedgerEntry, TargetRow, TargetRows, codes
from atlas_workflows.migration.reconciliation.source_side import Row
from atlas_workflows.secrets.masking import hide_secrets

Opened = Callable[[Iterable[str]], list[str]]
"""The plain values of the secrets with these ids; what is not stored or cannot be opened is left out."""
# Legacy tables that keep graphs -> the enhanced table that holds the definition.
GRAPHS = {
    "workflows": "workflows",
    "workflow_versions": "workflow_versions",
    "workflow_templates": "workflow_templates",
}
NO_TRIGGER = frozenset({"", "manual"})
# The reasons by which translation admits that something of the graph could not be read.
UNREAD = frozenset({"GRAPH_UNDECODABLE", "ENTRY_UNREADABLE"})


def compare_graph(row: Row, entry: LedgerEntry, target: TargetRow, opened: Opened) -> Iterator[Difference]:
    """Nodes, edges, texts and numbers of the legacy row against the definition made of them."""

    def differs(kind: DifferenceKind, column: str, detail: str = "") -> Difference:
        # An id of a node may hold a secret, and a report shows none.
        return Difference(kind, row.table, row.id, row.organization_id, column, hide_secrets(detail))

    if not UNREAD & set(codes(entry.reasons)):
        for column in unread(row.columns):
            yield differs(DifferenceKind.GRAPH_UNREAD, f"{row.table}.{column}")
    for kind, detail in _losses(row, entry, loads(target.get("definition") or "{}"), opened):
        yield differs(kind, f"{GRAPHS[row.table]}.definition", detail)


def compare_triggers(row: Row, target: TargetRow, targets: TargetRows) -> Iterator[Difference]:
    """The trigger of the legacy row, the triggers of the definition, and the rows beside them."""

    def differs(kind: DifferenceKind, column: str, detail: str = "") -> Difference:
        return Difference(kind, row.table, row.id, row.organization_id, column, detail)

    definition = loads(target.get("definition") or "{}")
    defined = {str(item.get("id")) for item in definition.get("triggers") or ()}
    if not defined and (row.columns.get("trigger_type") or "").lower() not in NO_TRIGGER:
        yield differs(DifferenceKind.TRIGGER_LOST, "workflows.definition")
    keys = [str(item.get("trigger_key")) for item in targets.get("workflow_triggers") or ()]
    if sorted(keys) != sorted(defined):
        yield differs(
            DifferenceKind.TRIGGER_ROWS_DIFFER,
            "workflow_triggers",
            f"{len(keys)} rows, {len(defined)} triggers",
        )


def _losses(row: Row, entry: LedgerEntry, definition: Mapping[str, Any], opened: Opened) -> list[Loss]:
    graphs, is_sealed = graphs_of(row.columns), entry.sealed is not None
    named = codes(entry.reasons)
    found = losses(graphs, definition, is_sealed=is_sealed, named=named)
    if not (found and is_sealed):
        return found
    # What seems lost may have become a secret.
    taken_out = opened(secret_references(definition))
    return losses(graphs, definition, is_sealed=True, taken_out=taken_out, named=named)


def secret_references(value: Any) -> Iterator[str]:
    """Every reference {"$secret": id} below `value`."""
    if isinstance(value, Mapping):
        if "$secret" in value:
            yield str(value["$secret"])
        for item in value.values():
            yield from secret_references(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from secret_references(item)


def holds_text(value: Any, secret: str) -> bool:
    """Whether a secret's plain text stands anywhere below `value`."""
    return any(isinstance(item, str) and secret in item for item in leaves(value))

"""What a reconciliation found, in a form to hold one against another."""

from collections.abc import Mapping
from typing import Any

from atlas_workflows.migration.reconciliation.findings import Reconciliation
from atlas_workflows.migration.reconciliation.tree import TableTree


def told(found: Reconciliation) -> dict[str, Any]:
    """Tallies, trees, differences and whom they concern; not the order in which they were found."""
    return {
        "tallies": {
            (organization, table): (
                tally.source_rows,
                tally.pending,
                dict(tally.outcomes),
                *(_tree(tree) for tree in (tally.live, tally.recorded, tally.sealed)),
            )
            for organization, tables in found.tallies.items()
            for table, tally in tables.items()
        },
        "kept": {organization: _trees(tables) for organization, tables in found.kept.items()},
        "differences": sorted(map(repr, found.differences)),
        "count": found.difference_count,
        "faulty": sorted(found.faulty),
    }


def _trees(tables: Mapping[str, TableTree]) -> dict[str, Any]:
    return {table: _tree(tree) for table, tree in tables.items() if tree.rows}


def _tree(tree: TableTree) -> tuple[list[int], list[int]]:
    return tree.counts, tree.sums

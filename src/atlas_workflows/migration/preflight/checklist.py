"""Goes through the checklist: every item is looked at, even after one failed, so that one run shows all there is to do."""

from collections.abc import Iterable, Sequence

import psycopg

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import AtlasError
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.preflight import local_items, role_items, server_items, source_items
from atlas_workflows.migration.preflight.item import (
    Finding,
    Item,
    ItemStatus,
    Look,
    failed,
    skipped,
    with_waivers,
)

ITEMS: tuple[Item, ...] = (
    *server_items.ITEMS,
    *role_items.ITEMS,
    *source_items.ITEMS,
    *local_items.ITEMS,
)


def go_through(context: PhaseContext, items: Iterable[Item] = ITEMS) -> list[Finding]:
    """Look at every item; what a person waived is shown as waived, with who and why."""
    with context.connect("preflight", autocommit=True) as connection:
        look = Look(context, connection)
        return [
            with_waivers(_look_at(item, look), item, context.options.waivers, context.options.actor)
            for item in items
        ]


def record(connection: Connection, context: PhaseContext, findings: Sequence[Finding]) -> None:
    """Write the findings to atlas.checklist_items; a second look replaces the first."""
    rows = [
        {
            "run_id": context.run_id, "item": finding.item, "status": str(finding.status), "detail": finding.detail,
            "remedy": finding.remedy, "waived_by": finding.waived_by, "waive_reason": finding.waive_reason,
            "at": context.now(),
        }
        for finding in findings
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.executemany(sql("preflight/record_item"), rows)


def unmet(findings: Iterable[Finding]) -> list[Finding]:
    """Those that stop the phase."""
    return [finding for finding in findings if finding.status is ItemStatus.FAILED]


def _look_at(item: Item, look: Look) -> Finding:
    try:
        return item.check(look)
    except AtlasError as error:
        return failed(item.name, error.fact, error.remedy)
    except psycopg.errors.UndefinedTable as error:
        # In a dry run schema atlas may not be there yet.
        return skipped(item.name, f"cannot be told before the schema exists ({error.diag.message_primary})")
    except psycopg.errors.InsufficientPrivilege as error:
        return failed(item.name, str(error.diag.message_primary), "Grant that right to the migration role.")


def waivable_items() -> frozenset[str]:
    """The items whose failure a person may accept."""
    return frozenset(item.name for item in ITEMS if item.may_be_waived)

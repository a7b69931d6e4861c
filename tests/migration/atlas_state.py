"""What schema atlas holds, without what differs from run to run: to compare two ways of getting there."""

from typing import Any

import psycopg

from atlas_workflows.exact_json import dumps_text, loads

# Records of the runs themselves, how often they changed owners, what a DAG processor beside them keeps, and the archive,
# whose rows tell when something was put aside.
RUN_TABLES = frozenset(
    [
        "phase_runs",
        "api_keys",
        "api_rates",
        "api_answers",
        "draft_revisions",
        "draft_presence",
        "v1_documents",
        "v1_usage",
        "v1_watches",
        "v1_let_ins",
        "phase_run_steps",
        "backfill_cursors",
        "audit_log",
        "archive",
        "captured_changes",
        "checklist_items",
        "certificates",
        "validation_results",
        "validation_failing_keys",
        "organization_phases",
        "ownership_epochs",
        "recurring_snapshots",
        "schema_version",
    ]
)
RUN_COLUMNS = frozenset(
    [
        "phase_run_id",
        "first_seen_run",
        "updated_run",
        "migrated_at",
        "quarantined_at",
        "resolved_at",
        "signed_at",
        "voided_at",
        "recorded_at",
        "sealed",
        "rolled_back_at",
        "revision",
    ]
)
# Identity values and load times of rows that have no time of their own.
DROPPED = {
    "consents": {"id"},
    "secrets": {"created_at"},
    "migration_ledger": {"source_deleted_at"},
    "quarantine": {"resolution"},
}
LOAD_TIMES = ("created_at", "updated_at")


def atlas_state(dsn: str, *, times: bool = True) -> dict[str, list[str]]:
    """Every row of every table as canonical text, sorted; `times` False leaves out defaults taken at load time."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        return {table: _rows(connection, table, times) for table in _tables(connection)}


def differences(left: dict[str, list[str]], right: dict[str, list[str]]) -> dict[str, list[str]]:
    """Rows that only one side has, per table; empty when both are the same."""
    found = {}
    for table in sorted(left | right):
        one, other = set(left.get(table, [])), set(right.get(table, []))
        if one != other or len(left.get(table, [])) != len(right.get(table, [])):
            found[table] = sorted(one ^ other)[:4]
    return found


def _tables(connection: psycopg.Connection[Any]) -> list[str]:
    rows = connection.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'atlas'::regnamespace AND relkind IN ('r', 'p')"
        " AND NOT relispartition ORDER BY relname"
    )
    return [row[0] for row in rows if row[0] not in RUN_TABLES]


def _rows(connection: psycopg.Connection[Any], table: str, times: bool) -> list[str]:
    left_out = RUN_COLUMNS | DROPPED.get(table, set()) | (set() if times else set(LOAD_TIMES))
    rows = []
    for (text,) in connection.execute(f"SELECT to_jsonb(t)::text FROM atlas.{table} AS t"):
        row = loads(text)
        rows.append(dumps_text({key: value for key, value in sorted(row.items()) if key not in left_out}))
    return sorted(rows)

"""Keeps what suites found: rows in atlas.validation_results, and all failing keys beside them."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.sql_files import sql
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.validation.key_files import key_file
from atlas_workflows.validation.results import ExpectationResult, Status

KEYS = ("source_table", "source_id", "organization_id")


def keep(connection: Connection, context: PhaseContext, results: Sequence[ExpectationResult]) -> None:
    """Write a row for each result, with its failing keys, and where the files of those lie."""
    for result in results:
        file = context.report_dir / key_file(result) if result.keys else None
        with connection.transaction():
            _store(connection, context.run_id, result, file)


def _store(connection: Connection, run_id: UUID, result: ExpectationResult, file: Path | None) -> None:
    result_id = uuid4()
    connection.execute(
        sql("checks/store_result"),
        {
            "id": result_id,
            "run_id": run_id,
            "suite": result.suite,
            "expectation": result.expectation,
            "severity": result.severity,
            "success": result.status is Status.PASSED,
            "status": str(result.status),
            "observed": Jsonb(dict(result.observed)),
            "unexpected_count": result.unexpected_count,
            "file": str(file) if file else None,
            "meta": Jsonb(
                {"batch": result.batch, "column": result.column, "why": result.why, "error": result.error}
            ),
        },
    )
    _store_keys(connection, result_id, result)


def _store_keys(connection: Connection, result_id: UUID, result: ExpectationResult) -> None:
    if not result.keys or set(KEYS) - set(result.keys[0]):
        return
    statement = f"COPY atlas.validation_failing_keys (result_id, {', '.join(KEYS)}) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        for key in result.keys:
            copy.write_row((result_id, *_storable(key[name] for name in KEYS)))


def _storable(values: Iterable[object]) -> list[object]:
    table, row_id, organization = values
    try:
        tenant = UUID(str(organization)) if organization is not None else None
    except ValueError:
        tenant = None
    return [table, str(row_id), tenant]

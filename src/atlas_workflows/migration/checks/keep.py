"""Keeps what suites found: rows in atlas.validation_results, all failing keys there and as CSV and Parquet."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.sql_files import sql
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.validation.results import ExpectationResult, Status

FOLDER = "failing_keys"
FORMULA = tuple("=+-@\t\r")
NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?")
KEYS = ("source_table", "source_id", "organization_id")


def keep(connection: Connection | None, context: PhaseContext, results: Sequence[ExpectationResult]) -> None:
    """Write result rows (where there is a database to write to) and one pair of key files per failing rule."""
    for result in results:
        file = export_keys(context.report_dir / FOLDER, result)
        if connection is not None:
            with connection.transaction():
                _store(connection, context.run_id, result, file)


def key_file(result: ExpectationResult) -> str:
    """Where a rule's failing keys lie, seen from the report folder."""
    parts = (result.suite, result.batch, result.expectation, result.column)
    return f"{FOLDER}/{'.'.join(part for part in parts if part)}.csv"


def export_keys(folder: Path, result: ExpectationResult) -> Path | None:
    """All failing keys of a rule as a pandas frame, written to <name>.csv and <name>.parquet; None without any."""
    if not result.keys:
        return None
    import pandas

    path = folder / Path(key_file(result)).name
    folder.mkdir(parents=True, exist_ok=True)
    frame = pandas.DataFrame([dict(key) for key in result.keys], dtype="string")
    frame.map(without_formula).to_csv(path, index=False)
    frame.to_parquet(path.with_suffix(".parquet"), index=False)
    return path


def without_formula(value: Any) -> Any:
    """What a spreadsheet would take for a formula begins with an apostrophe, by which it takes it for a text; a number stays."""
    risky = isinstance(value, str) and value[:1] in FORMULA and not NUMBER.fullmatch(value)
    return f"'{value}" if risky else value


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

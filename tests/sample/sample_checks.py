"""What the sample's tests share: make one, and read a database back as bytes."""

import hashlib

import psycopg

from atlas_workflows.sample.coverage import classes_for
from atlas_workflows.sample.create import SampleReport, create_sample
from atlas_workflows.sample.spec import SampleSpec, make_spec
from atlas_workflows.sample.specimen import CoverageClass


def make(dsn: str, shape: str, *variants: str, messy: bool = False, seed: int = 1) -> SampleReport:
    return create_sample(dsn, make_spec(shape, "S", messy=messy, seed=seed, variants=variants))


def fingerprint(dsn: str) -> dict[str, str]:
    """sha256 of every table's rows as text, in the order of the text."""
    with psycopg.connect(dsn, options="-c TimeZone=UTC") as connection:
        tables = connection.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname IN ('public', 'auth')"
        ).fetchall()
        return {table: _digest(connection, table) for (table,) in tables}


def _digest(connection: psycopg.Connection, table: str) -> str:
    digest = hashlib.sha256()
    for (row,) in connection.execute(f'SELECT t::text COLLATE "C" FROM {table} AS t ORDER BY 1'):
        digest.update(row.encode() + b"\n")
    return digest.hexdigest()


def unproven(dsn: str, report: SampleReport) -> list[str]:
    """Classes that no row shows, or whose rows do not show what the registry says."""
    with psycopg.connect(dsn) as connection:
        return [
            entry.code
            for entry in classes_for(report.spec)
            if not _is_proven(connection, report, entry, report.spec)
        ]


def _is_proven(
    connection: psycopg.Connection, report: SampleReport, entry: CoverageClass, spec: SampleSpec
) -> bool:
    named = report.coverage.get(entry.code, [])
    ids = [key.removeprefix(f"{entry.table}/") for key in named]
    if not ids:
        return False
    condition, values = entry.condition(spec.shape), {"ids": ids, "text": entry.text(spec.shape)}
    if condition is None:
        condition = f"position(%(text)s IN to_jsonb({entry.table})::text) > 0"
    else:
        condition = condition.replace("{tenant}", "org_id" if spec.shape == "C" else "organization_id")
        condition = condition.replace("%", "%%")
    query = f"SELECT count(*) FROM public.{entry.table} WHERE id::text = ANY(%(ids)s) AND ({condition})"
    row = connection.execute(query.encode(), values).fetchone()
    return row is not None and row[0] == len(set(ids))

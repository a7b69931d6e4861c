"""What the sample's tests share: make one, and read a database back as bytes."""

import hashlib

import psycopg

from atlas_workflows.sample.coverage import classes_for
from atlas_workflows.sample.create import SampleReport, create_sample
from atlas_workflows.sample.spec import make_spec
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
        texts = dict(
            connection.execute("SELECT 'workflows/' || id, to_jsonb(w)::text FROM workflows AS w").fetchall()
        )
        if report.spec.shape == "B":
            nodes = "SELECT 'workflow_nodes/' || id, to_jsonb(n)::text FROM workflow_nodes AS n"
            texts |= dict(connection.execute(nodes).fetchall())
        return [
            entry.code
            for entry in classes_for(report.spec)
            if not _is_proven(connection, report, entry, texts)
        ]


def _is_proven(
    connection: psycopg.Connection, report: SampleReport, entry: CoverageClass, texts: dict[str, str]
) -> bool:
    named, needle = set(report.coverage.get(entry.code, [])), entry.text(report.spec.shape)
    condition = entry.condition(report.spec.shape)
    if condition is None:
        return bool(named) and needle is not None and all(needle in texts[key] for key in named)
    return bool(named) and _count(connection, report, entry.table, condition, named) == len(named)


def _count(
    connection: psycopg.Connection, report: SampleReport, table: str, condition: str, named: set[str]
) -> int:
    holds = condition.replace("{tenant}", "org_id" if report.spec.shape == "C" else "organization_id")
    query = f"SELECT count(*) FROM public.{table} WHERE id = ANY(%s::uuid[]) AND ({holds.replace('%', '%%')})"
    row = connection.execute(query.encode(), [[key.partition("/")[2] for key in named]]).fetchone()
    return row[0] if row else 0

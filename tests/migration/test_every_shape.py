"""Every shape and variant, messy and tidy, through the movement and its proof: nothing refused, nothing differs."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from both_ways import HISTORY, Both, both_ways
from moving_phase import fetch, migrate
from plain_source import new_context, settings_at
from psycopg import errors

from atlas_workflows.db.connect import connect
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.legacy.source.shapes import SIDE_TABLES
from atlas_workflows.migration.movement.backfill import at_work
from atlas_workflows.migration.reconciliation.findings import Reconciliation
from atlas_workflows.migration.reconciliation.reconcile import reconcile
from atlas_workflows.sample.create import create_sample
from atlas_workflows.sample.spec import ALLOWED, Shape, Variant, make_spec
from atlas_workflows.secrets.sealing import Sealer
from packed_rows import everything_in

CASES = [
    pytest.param((shape.value, variant, messy), id=f"{shape}-{variant or 'plain'}-{'messy' if messy else 'tidy'}")
    for shape in Shape
    for variant in (None, *(variant.value for variant, shapes in ALLOWED.items() if shape in shapes))
    for messy in (True, False)
]  # fmt: skip
TOKEN = "glpat-" + "AbCdEfGhIjKlMnOpQrSt"
SOURCES = ("workflows", *SIDE_TABLES)
COLUMNS = (
    "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'public'"
    " AND table_name = ANY(%s) AND data_type IN ('text', 'jsonb', 'json', 'character varying') AND column_name !~ '(^|_)id$' ORDER BY 1, 2"
)
# In every column another row: as a key and a value of a document, behind a list, or in the place of a text.
PLANT = {
    "jsonb": "CASE jsonb_typeof({c}) WHEN 'object' THEN {c} || jsonb_build_object(%(token)s::text, %(token)s::text) WHEN 'array' THEN {c} || to_jsonb(%(token)s::text) ELSE to_jsonb(%(token)s::text) END",
    "text": "%(token)s::text",
}
NEVER = re.compile("LOAD_REFUSED|TRANSLATION_FAILED")


@pytest.fixture
def sample(request: pytest.FixtureRequest, pg_server: EmbeddedServer) -> Iterator[str]:
    shape, variant, messy = request.param
    spec = make_spec(shape, "S", messy=messy, seed=2, variants=(variant,) if variant else ())
    # A messy sample needs so many workflows to hold every kind of dirt.
    small = replace(spec.size, workflows=140 if messy else 25, executions=700 if messy else 50, people=10)
    dsn = pg_server.create_database(f"t_{uuid4().hex[:12]}")
    create_sample(dsn, replace(spec, size=small))
    if messy and variant is None:
        assert plant(dsn) > 5
    yield dsn
    pg_server.drop_database(dsn.rpartition("/")[2])


def plant(dsn: str) -> int:
    """Put the token into every text and JSON column of the legacy tables that takes it; how many did."""
    planted = 0
    with connect(dsn, application_name="test", autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        for at, (table, column, kind) in enumerate(connection.execute(COLUMNS, [list(SOURCES)]).fetchall()):
            value = PLANT.get(kind, PLANT["text"] if kind != "json" else "to_json(%(token)s::text)")
            statement = (
                f"UPDATE public.{table} SET {column} = {value.replace('{c}', column)} WHERE ctid ="
                f" (SELECT ctid FROM public.{table} WHERE {column} IS NOT NULL ORDER BY ctid OFFSET {at % 20} LIMIT 1)"
            )
            with suppress(errors.CheckViolation), connection.transaction():
                planted += connection.execute(statement, {"token": TOKEN}).rowcount
    return planted


def shown(dsn: str, home: Path) -> list[str]:
    """Tables and files of ours in which the token stands in clear."""
    tables = fetch(dsn, "SELECT tablename FROM pg_tables WHERE schemaname = 'atlas'")
    found = [
        table
        for (table,) in tables
        if fetch(dsn, f"SELECT count(*) FROM atlas.{table} AS t WHERE t::text ILIKE '%{TOKEN}%'") != [(0,)]
    ]
    files = (path for path in home.rglob("*") if path.is_file())
    return found + [str(path) for path in files if TOKEN.encode() in everything_in(path.read_bytes())]


def reconciled(dsn: str, home: Path) -> Reconciliation:
    with connect(dsn, application_name="test", autocommit=True) as connection:
        return reconcile(connection, Sealer(settings_at(home).secret_keys))


def refused(dsn: str) -> list[tuple[Any, ...]]:
    rows = fetch(dsn, "SELECT source_table, source_id, reasons::text FROM atlas.migration_ledger")
    return [row for row in rows if NEVER.search(row[2])]


def certain(dsn: str, found: Reconciliation) -> None:
    """Nothing differs, every row of every table has one outcome, and none was refused by the database."""
    assert [(str(item.kind), item.table, item.column, item.detail) for item in found.differences] == []
    assert found.is_clean
    assert refused(dsn) == []
    totals: dict[str, int] = {}
    for tables in found.tallies.values():
        for table, tally in tables.items():
            totals[table] = totals.get(table, 0) + sum(tally.outcomes.values())
    assert totals["workflows"] > 0
    assert totals == {table: fetch(dsn, f"SELECT count(*) FROM public.{table}")[0][0] for table in totals}


@pytest.mark.parametrize("sample", CASES, indirect=True)
def test_every_shape_and_variant_migrates(
    sample: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    conclusion = migrate(sample, tmp_path)
    assert conclusion.status == "succeeded"
    certain(sample, reconciled(sample, tmp_path))
    assert shown(sample, tmp_path) == []
    _, variant, messy = request.node.callspec.params["sample"]
    found = moves_both_ways_alike(sample, tmp_path, messy)
    # Where rows state no organization, none of them is plain.
    if not messy and variant != Variant.NO_ORGANIZATION.value:
        assert min(found.shares().values()) > 0.99


def moves_both_ways_alike(dsn: str, home: Path, messy: bool) -> Both:
    """Inside the database and by Python the history comes out the same; nearly all that nothing is wrong with is plain."""
    with at_work(new_context(dsn, home)) as worker:
        found = both_ways(worker)
    assert found.differences() == {}
    assert set(found.moved) == {
        name for name in HISTORY if fetch(dsn, "SELECT to_regclass(%s) IS NOT NULL", f"public.{name}")[0][0]
    }
    clean = [row for row in found.by_python["migration_ledger"] if '"outcome":"migrated"' in row]
    settled = sum(item.settled for item in found.moved.values())
    assert settled <= len(clean)
    assert settled >= (0.9 if messy else 0.99) * len(clean)
    return found

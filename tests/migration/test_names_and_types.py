"""Names, types and values as PostgreSQL allows them, through reading, capture, backup, validation and proof."""

from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from moving_phase import fetch, migrate
from plain_source import settings_at
from psycopg import sql as compose

from atlas_workflows.db.connect import connect
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.db.tables import read_catalog
from atlas_workflows.legacy.source.selects import batch_select, rows_select
from atlas_workflows.migration.phases import phase_named
from atlas_workflows.migration.reconciliation.source_side import read_batch, read_shelves
from atlas_workflows.migration.request import RunOptions
from atlas_workflows.migration.runs.run import run_phase
from atlas_workflows.sample.create import create_sample
from atlas_workflows.sample.spec import SampleSpec, Shape, Size
from atlas_workflows.site import Site
from untidy_catalogs import Catalog, catalogs

SMALL = SampleSpec(Shape.A, Size(organizations=2, workflows=12, executions=30, people=5), seed=3)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(catalog=catalogs())
def test_every_value_is_read_as_the_server_writes_it(catalog: Catalog, pg_server: EmbeddedServer) -> None:
    """By the backfill's batches, by key as catch-up reads, and by the prover: each as `row::text` would have it."""
    dsn = pg_server.create_database(f"t_{uuid4().hex[:12]}")
    with connect(dsn, application_name="test", autocommit=True) as connection:
        catalog.make(connection)
        known = read_catalog(connection)
        names = list(known.columns("workflows"))
        wanted = connection.execute(
            compose.SQL("SELECT {} FROM workflows ORDER BY id").format(
                compose.SQL(", ").join(
                    compose.SQL("{}::text").format(compose.Identifier(name)) for name in names
                )
            )
        ).fetchall()
        keys = [row[0] for row in wanted]
        facts = {"after": "00000000-0000-0000-0000-000000000000", "until": keys[-1], "limit": 9}
        select = batch_select(known, "workflows", after=True, until=True)
        with (
            connection.cursor() as cursor,
            cursor.copy(compose.SQL("COPY ({}) TO STDOUT").format(select), facts) as out,
        ):
            assert [tuple(row) for row in out.rows()] == wanted
        assert connection.execute(rows_select(known, "workflows"), {"keys": keys}).fetchall() == wanted
        shelves = read_shelves(connection)
        rows = read_batch(connection, shelves, shelves["workflows"], None)
        rest = read_batch(connection, shelves, shelves["workflows"], keys[0])
        assert [tuple(row.columns[name] for name in names) for row in rows] == wanted
        assert [row.id for row in rest] == keys[1:]
    pg_server.drop_database(dsn.rpartition("/")[2])


ODD = """
CREATE DOMAIN "100% uuid" AS uuid;
CREATE TYPE "it's" AS ("a%b" int, "C" timestamptz);
ALTER TABLE workflows ADD COLUMN "100% ""new"" {}" "it's" DEFAULT '(1,infinity)', ADD COLUMN "{}" text DEFAULT '%s',
    ADD COLUMN "Shout" text GENERATED ALWAYS AS (upper(name)) STORED, ADD COLUMN "%(id)s" "100% uuid";
ALTER TABLE workflow_executions ADD COLUMN "%" date DEFAULT '20000-01-01';
"""
ODD_DATES = ("infinity", "-infinity", "12345-06-07 08:09:10+00", "0044-03-15 00:00:00+00 BC")


@pytest.mark.timeout(900)
def test_a_whole_phase_over_odd_names_and_dates(pg_server: EmbeddedServer, tmp_path: Path) -> None:
    """With a proved backup, validation and the proof; then a change under an odd column is taken up."""
    pg_server.create_database('odd % "name"')
    dsn = pg_server.dsn("odd%20%25%20%22name%22")
    try:
        create_sample(dsn, SMALL)
        with psycopg.connect(dsn) as connection:
            connection.execute(ODD.encode())
            for number, moment in enumerate(ODD_DATES):
                for table, column in (("workflows", "created_at"), ("workflow_executions", "started_at")):
                    chosen = f"(SELECT id FROM {table} ORDER BY id OFFSET {number} LIMIT 1)"
                    connection.execute(
                        f"UPDATE {table} SET {column} = '{moment}' WHERE id = {chosen}".encode()
                    )
        options = RunOptions(throttle=False, rehearse=False)
        result = run_phase(phase_named("p1"), site=Site(dsn, settings_at(tmp_path)), options=options)
        assert result.status == "succeeded", result.problem
        fetch(dsn, "UPDATE workflows SET \"{}\" = 'changed' || name")
        migrated = migrate(dsn, tmp_path)
        assert migrated.status == "succeeded"
        assert fetch(dsn, "SELECT count(*) FROM atlas.captured_changes") == [(0,)]
    finally:
        pg_server.drop_database('odd % "name"')

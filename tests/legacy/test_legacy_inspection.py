"""A look at real databases: shapes, selects in key order, twins, and `atlas legacy inspect`."""

import psycopg
import pytest
from typer.testing import CliRunner

from atlas_workflows.cli.legacy import app
from atlas_workflows.db.connect import connect
from atlas_workflows.db.tables import read_catalog
from atlas_workflows.errors import AtlasError, PermissionMissing, UnknownShape
from atlas_workflows.exact_json import loads
from atlas_workflows.legacy.records import SideTable
from atlas_workflows.legacy.source.selects import batch_select, rows_select, side_columns, side_select
from atlas_workflows.legacy.source.shapes import detect_shape
from atlas_workflows.legacy.source.tables import source_tables
from atlas_workflows.sample.create import create_sample
from atlas_workflows.sample.spec import SIZES, SampleSpec, Shape

RUNNER = CliRunner()


def inspected(dsn: str) -> dict[str, object]:
    result = RUNNER.invoke(app, ["inspect", "--dsn", dsn, "--json", "--rows", "300"], catch_exceptions=False)
    assert result.exit_code == 0
    report: dict[str, object] = loads(result.stdout)
    return report


@pytest.mark.parametrize("shape", list(Shape))
def test_every_shape_of_the_sample_is_recognised_and_its_dirt_found(dsn: str, shape: Shape) -> None:
    create_sample(dsn, SampleSpec(shape=shape, size=SIZES["S"], messy=True, seed=3))
    report = inspected(dsn)
    tables = {table["table"]: table for table in report["inspected"]}  # type: ignore[attr-defined]
    assert report["shape"] == shape.value
    assert tables["workflows"]["looked_at"] == tables["workflows"]["rows"] == 200
    assert tables["workflows"]["dirt"]
    assert sum(tables["workflows"]["outcomes"].values()) == 200
    assert tables["workflow_executions"]["looked_at"] == 300
    assert all(item["examples"][0]["id"] for table in tables.values() for item in table["dirt"])
    assert "TRANSLATION_FAILED" not in {item["code"] for table in tables.values() for item in table["dirt"]}


def test_nothing_is_written_and_no_secret_is_shown(dsn: str) -> None:
    create_sample(dsn, SampleSpec(shape=Shape.B, size=SIZES["S"], messy=True, seed=3))
    with psycopg.connect(dsn) as connection:
        secret = connection.execute("SELECT secret FROM public.webhook_triggers LIMIT 1").fetchone()
    result = RUNNER.invoke(app, ["inspect", "--dsn", dsn, "--json"], catch_exceptions=False)
    assert secret is not None
    assert secret[0] not in result.stdout
    assert "webhook_triggers" in result.stdout
    shown = RUNNER.invoke(app, ["inspect", "--dsn", dsn, "--rows", "10"]).output
    assert "Shape" in shown
    examples = [item["examples"][0]["id"] for table in inspected(dsn)["inspected"] for item in table["dirt"]]  # type: ignore[attr-defined]
    assert {example for example in examples if f"    {example}\n" in shown}, "ids stand by themselves, whole"
    assert all(len(line) <= 80 or " " not in line.strip() for line in shown.splitlines())


def test_what_cannot_be_inspected_says_so(dsn: str) -> None:
    with pytest.raises(UnknownShape, match="no table `workflows`"):
        RUNNER.invoke(app, ["inspect", "--dsn", dsn], catch_exceptions=False)
    with pytest.raises(AtlasError, match="No connection"):
        RUNNER.invoke(app, ["inspect", "--dsn", "postgresql://127.0.0.1:1/x"], catch_exceptions=False)


def test_a_role_without_the_privilege_is_told_which_one(dsn: str) -> None:
    create_sample(dsn, SampleSpec(shape=Shape.A, size=SIZES["S"], seed=3))
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS nosy")
        connection.execute("CREATE ROLE nosy LOGIN PASSWORD 'nosy'")
        own = f"//{connection.info.user}:{connection.info.password}@"
    address = dsn.replace(own, "//nosy:nosy@")
    try:
        with pytest.raises(PermissionMissing, match="permission denied"):
            RUNNER.invoke(app, ["inspect", "--dsn", address], catch_exceptions=False)
    finally:
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("DROP ROLE nosy")


def test_batches_go_by_the_key_itself_not_by_its_text(dsn: str) -> None:
    with connect(dsn, application_name="test", autocommit=True) as connection:
        connection.execute("CREATE TABLE public.workflows (id bigint PRIMARY KEY, nodes jsonb, edges jsonb)")
        connection.execute(
            "INSERT INTO public.workflows SELECT n, '[1.10]', NULL FROM generate_series(1, 25) AS n"
        )
        catalog = read_catalog(connection)
        first = connection.execute(batch_select(catalog, "workflows"), {"limit": 12}).fetchall()
        rest = connection.execute(
            batch_select(catalog, "workflows", after=True, until=True),
            {"limit": 99, "after": "12", "until": "20"},
        ).fetchall()
        assert [row[0] for row in first] == [str(n) for n in range(1, 13)]
        assert [row[0] for row in rest] == [str(n) for n in range(13, 21)]
        assert first[0] == ("1", "[1.10]", None)
        assert catalog.keys["workflows"] == ("id",)
        some = connection.execute(rows_select(catalog, "workflows"), {"keys": ["10", "3"]}).fetchall()
        assert [row[0] for row in some] == ["3", "10"]
        assert detect_shape(catalog).letter == "A"


def test_side_rows_can_be_narrowed(dsn: str) -> None:
    create_sample(dsn, SampleSpec(shape=Shape.B, size=SIZES["S"], seed=3))
    with connect(dsn, application_name="test", autocommit=True) as connection:
        catalog = read_catalog(connection)
        side = SideTable("workflow", "workflows", "id", columns=("id", "organization_id", "org_id"))
        assert side_columns(catalog, side) == ("id", "organization_id")
        key = connection.execute(
            "SELECT id::text, organization_id::text FROM public.workflows LIMIT 1"
        ).fetchone()
        assert key is not None
        assert connection.execute(side_select(catalog, side), {"keys": [key[0]]}).fetchall() == [key]


def test_twins_are_found_by_data_and_time(dsn: str) -> None:
    create_sample(dsn, SampleSpec(shape=Shape.A, size=SIZES["S"], seed=3))
    with connect(dsn, application_name="test", autocommit=True) as connection:
        statement = """INSERT INTO public.workflow_executions (id, workflow_id, status, started_at, trigger_data)
            SELECT gen_random_uuid(), (SELECT min(id::text)::uuid FROM public.workflows), 'completed', moment, '{"lead": "unique"}'
            FROM unnest(ARRAY['2020-01-01 00:00:00+00', '2020-01-01 00:00:03+00', '2020-01-01 00:01:00+00']::timestamptz[]) AS moment
            RETURNING id::text"""
        ids = [row[0] for row in connection.execute(statement)]
        catalog = read_catalog(connection)
        source = next(
            table for table in source_tables(detect_shape(catalog)) if table.table == "workflow_executions"
        )
        twins = next(side for side in source.sides if side.name == "twins")
        found = connection.execute(side_select(catalog, twins), {"keys": ids}).fetchall()
        assert side_columns(catalog, twins) == ("id", "twin_id")
        assert set(found) == {(ids[0], ids[1]), (ids[1], ids[0])}

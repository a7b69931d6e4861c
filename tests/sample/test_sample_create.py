"""Samples repeat byte for byte, have the sizes they promise, refuse foreign databases, and tidy means tidy."""

from dataclasses import replace

import psycopg
import pytest
from sample_checks import fingerprint, make

from atlas_workflows import exact_json
from atlas_workflows.errors import InputError
from atlas_workflows.sample.catalog import DatabaseNotEmpty
from atlas_workflows.sample.create import create_sample
from atlas_workflows.sample.spec import SIZES, SampleSpec, Shape, Size, make_spec


@pytest.mark.parametrize("messy", [False, True], ids=["tidy", "messy"])
@pytest.mark.parametrize("shape", ["A", "B", "C", "D", "E", "F", "A+half-applied", "B+scoring"])
def test_the_same_seed_gives_the_same_bytes(dsn: str, shape: str, messy: bool) -> None:
    letter, *variants = shape.split("+")
    spec = make_spec(letter, "S", messy=messy, seed=7, variants=tuple(variants))
    # As many workflows as every kind of dirt takes; more executions would be more of the same.
    again = replace(spec, size=replace(spec.size, workflows=140, executions=700))
    create_sample(dsn, again)
    first = fingerprint(dsn)
    assert len(first) > 15
    create_sample(dsn, again, replace=True)
    assert fingerprint(dsn) == first
    create_sample(dsn, replace(again, seed=8), replace=True)
    assert fingerprint(dsn)["public.workflows"] != first["public.workflows"]


@pytest.mark.parametrize(("shape", "messy"), [("A", False), *((shape, True) for shape in Shape)])
def test_size_s_has_200_workflows_and_5000_executions(dsn: str, shape: str, messy: bool) -> None:
    report = make(dsn, shape, messy=messy)
    assert (report.rows["workflows"], report.rows["workflow_executions"]) == (200, 5_000)
    with psycopg.connect(dsn) as connection:
        for table, count in report.rows.items():
            assert connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone() == (count,), table


def test_the_sizes_are_the_promised_ones() -> None:
    assert (SIZES["M"].workflows, SIZES["M"].executions) == (3_000, 250_000)
    assert (SIZES["L"].workflows, SIZES["L"].executions, SIZES["L"].organizations) == (50_000, 1_000_000, 500)


@pytest.mark.parametrize("shape", list(Shape))
def test_the_large_size_holds_one_row_of_over_ten_megabytes(dsn: str, shape: Shape) -> None:
    few = Size(organizations=2, workflows=20, executions=100, people=5, giant_bytes=SIZES["L"].giant_bytes)
    create_sample(dsn, SampleSpec(shape, few))
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "SELECT length(w::text) FROM workflows AS w ORDER BY 1 DESC LIMIT 2"
        ).fetchall()
    assert rows[0][0] > 10_000_000 > 100_000 > rows[1][0]


def test_a_sample_is_not_overwritten_unasked(dsn: str) -> None:
    make(dsn, "A")
    before = fingerprint(dsn)
    with pytest.raises(DatabaseNotEmpty) as caught:
        make(dsn, "B")
    assert "--replace" in caught.value.remedy
    assert fingerprint(dsn) == before
    create_sample(dsn, make_spec("B", "S", messy=False, seed=1), replace=True)
    assert "public.webhook_triggers" in fingerprint(dsn)


@pytest.mark.parametrize("may_replace", [False, True])
def test_foreign_content_is_never_touched(dsn: str, may_replace: bool) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute("CREATE TABLE invoices (id int); INSERT INTO invoices VALUES (1)")
    with pytest.raises(DatabaseNotEmpty, match=r"public\.invoices"):
        create_sample(dsn, make_spec("A", "S", messy=False, seed=1), replace=may_replace)
    assert list(fingerprint(dsn)) == ["public.invoices"]


def test_a_real_crm_with_the_same_table_names_is_foreign_too(dsn: str) -> None:
    make(dsn, "A")
    with psycopg.connect(dsn) as connection:
        connection.execute("COMMENT ON TABLE leads IS NULL")
    with pytest.raises(DatabaseNotEmpty, match=r"public\.leads"):
        create_sample(dsn, make_spec("A", "S", messy=False, seed=1), replace=True)


def test_a_failure_leaves_nothing_behind(dsn: str) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "CREATE FUNCTION public.update_updated_at_column() RETURNS int LANGUAGE sql AS 'SELECT 1'"
        )
    with pytest.raises(psycopg.Error):
        make(dsn, "A")
    assert fingerprint(dsn) == {}


@pytest.mark.parametrize(
    ("shape", "size", "variants"),
    [("G", "S", ()), ("A", "XL", ()), ("C", "S", ("scoring",)), ("A", "S", ("odd",))],
)
def test_what_cannot_be_made_is_said_before_connecting(
    shape: str, size: str, variants: tuple[str, ...]
) -> None:
    with pytest.raises(InputError):
        make_spec(shape, size, messy=False, seed=1, variants=variants)


def test_tidy_counters_are_what_the_executions_say(dsn: str) -> None:
    make(dsn, "A")
    with psycopg.connect(dsn) as connection:
        wrong = connection.execute("""
            SELECT w.id FROM workflows AS w LEFT JOIN (
                SELECT workflow_id, count(*) FILTER (WHERE status = 'completed') AS good,
                count(*) FILTER (WHERE status = 'failed') AS bad,
                max(completed_at) FILTER (WHERE status <> 'cancelled') AS last
                FROM workflow_executions GROUP BY 1
            ) AS e ON e.workflow_id = w.id
            WHERE (w.total_executions, w.successful_executions, w.failed_executions)
                <> (coalesce(good, 0) + coalesce(bad, 0), coalesce(good, 0), coalesce(bad, 0))
            OR w.last_run_at IS DISTINCT FROM e.last
        """).fetchall()
    assert wrong == []


def test_tidy_graphs_are_whole(dsn: str) -> None:
    make(dsn, "B")
    with psycopg.connect(dsn) as connection:
        rows = connection.execute("SELECT workflow_data, trigger_type FROM workflows").fetchall()
    for data, trigger_type in rows:
        ids = {node["id"] for node in data["nodes"]}
        assert len(ids) == len(data["nodes"]) > 1
        assert all({edge["source"], edge["target"]} <= ids for edge in data["edges"])
        assert [node["data"]["actionType"] for node in data["nodes"] if node["type"] == "trigger"] == [
            trigger_type
        ]


def test_the_command_prints_only_json_when_asked(dsn: str) -> None:
    from typer.testing import CliRunner

    from atlas_workflows.cli.sample import app

    result = CliRunner().invoke(
        app, ["create", "--shape", "b", "--size", "s", "--messy", "--dsn", dsn, "--json"]
    )
    told = exact_json.loads(result.stdout)
    assert (result.exit_code, told["shape"], told["rows"]["workflows"]) == (0, "B", 200)
    assert told["coverage"]["9.15:api_token"][0].startswith("workflows/")

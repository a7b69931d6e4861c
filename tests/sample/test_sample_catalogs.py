"""The sample's catalogs are those of the source: columns, checks, database triggers and policies, faults included."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg
import pytest
from sample_checks import make

from atlas_workflows.db.connect import connect
from atlas_workflows.db.tables import read_catalog
from atlas_workflows.legacy.source.shapes import detect_shape

COLUMNS = {
    "A": "id name description status nodes edges variables trigger_type trigger_config settings total_executions"
    " successful_executions failed_executions last_run_at created_at updated_at organization_id",
    "B": "id organization_id name description status version workflow_data trigger_type trigger_config settings stats"
    " created_by template_id created_at updated_at",
    "C": "id org_id name description active trigger_type trigger_config conditions actions created_at updated_at",
    "D": "id organization_id name description status trigger_type trigger_config conditions actions created_at"
    " updated_at",
    "E": "id organization_id name description is_active trigger_type trigger_conditions actions created_at updated_at",
    "F": "id organization_id name description is_active trigger_type trigger_config actions created_by"
    " execution_count created_at updated_at",
}
TABLES_OF_B = {
    "workflow_templates",
    "workflows",
    "workflow_versions",
    "workflow_nodes",
    "workflow_executions",
    "workflow_execution_steps",
    "trigger_definitions",
    "action_definitions",
    "workflow_triggers",
    "webhook_triggers",
    "schedule_triggers",
    "workflow_code_snippets",
    "workflow_variables",
    "workflow_queue",
    "workflow_analytics",
}


def columns(connection: psycopg.Connection, table: str) -> list[str]:
    rows = connection.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s"
        " ORDER BY ordinal_position",
        [table],
    )
    return [name for (name,) in rows]


@pytest.mark.parametrize("shape", list(COLUMNS))
def test_workflows_has_the_columns_of_its_shape_and_is_recognised(dsn: str, shape: str) -> None:
    make(dsn, shape)
    with connect(dsn, application_name="test") as connection:
        assert columns(connection, "workflows") == COLUMNS[shape].split()
        assert detect_shape(read_catalog(connection)).letter == shape


def test_shape_a_before_the_patch_has_no_organization(dsn: str) -> None:
    make(dsn, "A", "no-organization", messy=True)
    with psycopg.connect(dsn) as connection:
        assert "organization_id" not in columns(connection, "workflows") + columns(
            connection, "workflow_executions"
        )
        assert "version" not in columns(connection, "workflows")


def test_shape_b_has_all_its_tables_and_the_seeded_definitions(dsn: str) -> None:
    make(dsn, "B")
    with psycopg.connect(dsn) as connection:
        tables = {
            name
            for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        }
        seeded = connection.execute(
            "SELECT (SELECT count(*) FROM trigger_definitions), (SELECT count(*) FROM action_definitions)"
        ).fetchone()
        empty = [
            t
            for t in TABLES_OF_B
            if connection.execute(f"SELECT 1 FROM {t} LIMIT 1".encode()).fetchone() is None
        ]
    assert tables >= TABLES_OF_B
    assert seeded == (11, 14)
    assert empty == []


def test_the_workflow_system_executions_are_recognised(dsn: str) -> None:
    make(dsn, "A", "workflow-system")
    with connect(dsn, application_name="test") as connection:
        assert detect_shape(read_catalog(connection)).workflow_system_executions


@pytest.mark.parametrize("shape", ["A", "B"])
def test_a_half_applied_attempt_is_recognised(dsn: str, shape: str) -> None:
    make(dsn, shape, "half-applied")
    with connect(dsn, application_name="test") as connection:
        attempt = detect_shape(read_catalog(connection)).attempt
    assert {"workflows.is_template", "workflows.error_rate"} <= set(attempt)
    assert any(not name.startswith("workflows.") for name in attempt)


@pytest.mark.parametrize(("shape", "status"), [("A", "archived"), ("A", "inactive"), ("B", "inactive")])
@pytest.mark.parametrize("messy", [False, True])
def test_the_check_of_status_holds_for_new_rows(dsn: str, shape: str, status: str, messy: bool) -> None:
    make(dsn, shape, messy=messy)
    with psycopg.connect(dsn) as connection, pytest.raises(psycopg.errors.CheckViolation):
        connection.execute(
            "UPDATE workflows SET status = %s WHERE id = (SELECT min(id::text)::uuid FROM workflows)",
            [status],
        )


def test_a_reset_version_makes_the_next_edits_fail_in_shape_b(dsn: str) -> None:
    make(dsn, "B")
    edit = "UPDATE workflows SET workflow_data = workflow_data || jsonb_build_object('k', %s::text) WHERE id = %s"
    with psycopg.connect(dsn, autocommit=True) as connection:
        row = connection.execute("SELECT id FROM workflows WHERE version = 1 LIMIT 1").fetchone()
        assert row is not None
        connection.execute(edit, ["first", row[0]])
        connection.execute("UPDATE workflows SET version = 1 WHERE id = %s", row)
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute(edit, ["second", row[0]])


def test_touching_a_finished_execution_counts_it_again_in_shape_b(dsn: str) -> None:
    make(dsn, "B")
    total = "SELECT sum(executions_count) FROM workflow_analytics"
    with psycopg.connect(dsn, autocommit=True) as connection:
        before = connection.execute(total).fetchone()
        connection.execute(
            "UPDATE workflow_executions SET context = '{}' WHERE id = (SELECT id FROM workflow_executions WHERE status = 'completed' LIMIT 1)"
        )
        after = connection.execute(total).fetchone()
    assert before is not None
    assert after is not None
    assert after[0] == before[0] + 1


@contextmanager
def as_user(connection: psycopg.Connection, claims: str) -> Iterator[None]:
    """A role without privileges over policies, with these claims in its token; undone at the end."""
    role = f"visitor_{uuid4().hex[:8]}"
    with connection.transaction(force_rollback=True):
        connection.execute(f"CREATE ROLE {role}; GRANT USAGE ON SCHEMA public, auth TO {role}".encode())
        connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}".encode())
        connection.execute(f"SET LOCAL ROLE {role}".encode())
        connection.execute("SELECT set_config('request.jwt.claims', %s, true)", [claims])
        yield


def seen(connection: psycopg.Connection) -> int:
    row = connection.execute("SELECT count(DISTINCT organization_id) FROM workflows").fetchone()
    return row[0] if row else 0


def test_in_shape_a_every_signed_in_user_sees_every_organization(dsn: str) -> None:
    make(dsn, "A")
    claims = f'{{"role": "authenticated", "sub": "{uuid4()}"}}'
    with psycopg.connect(dsn) as connection, as_user(connection, claims):
        assert seen(connection) == 8


def test_in_shape_b_the_token_says_whose_rows_one_sees(dsn: str) -> None:
    make(dsn, "B")
    with psycopg.connect(dsn) as connection:
        (tenant,) = connection.execute("SELECT organization_id FROM workflows LIMIT 1").fetchone() or (None,)
        with as_user(connection, f'{{"user_metadata": {{"organization_id": "{tenant}"}}}}'):
            assert seen(connection) == 1
        with as_user(connection, f'{{"sub": "{uuid4()}"}}'):
            assert seen(connection) == 0

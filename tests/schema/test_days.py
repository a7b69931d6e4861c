"""Daily partitions, the organization in every key, and retention: nothing live goes, nothing that was migrated goes."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg import errors

from atlas_workflows.db import schema
from atlas_workflows.db.sql_files import sql
from atlas_workflows.store.retention import Beside, Keep, Partition, sweep
from atlas_workflows.store.steering import By

ONE = "11111111-1111-4111-8111-111111111111"
DAYS = "SELECT atlas.ensure_day_partitions(%s, %s, %s)"
MONTHS = "SELECT atlas.ensure_month_partitions(%s, %s, %s)"
NOW = datetime(2026, 6, 1, tzinfo=UTC)
KEEP = Keep(timedelta(days=30), timedelta(days=30))
OPS = By("ops", "over")


def put(connection: psycopg.Connection, started_at: str, source: str | None = None) -> str:
    row = connection.execute(
        "INSERT INTO atlas.workflow_executions (organization_id, status, started_at, source_table) "
        "VALUES (%s, 'completed', %s, %s) RETURNING id::text",
        [ONE, started_at, source],
    ).fetchone()
    assert row
    connection.execute(
        "INSERT INTO atlas.workflow_execution_steps (execution_id, organization_id, node_id, node_type, started_at, source_table) "
        "VALUES (%s, %s, 'n', 'add_note', %s, %s)",
        [row[0], ONE, started_at, source],
    )
    return str(row[0])


def where(connection: psycopg.Connection, table: str = "workflow_executions") -> set[str]:
    found = connection.execute(f"SELECT DISTINCT tableoid::regclass::text FROM atlas.{table}").fetchall()
    return {name.rpartition(f"{table}_")[2] for (name,) in found}


def test_days_are_made_once_and_beside_months(admin: psycopg.Connection) -> None:
    put(admin, "2026-03-02T23:59:59.999Z")
    assert admin.execute(DAYS, ["workflow_executions", "2026-03-01", "2026-03-03"]).fetchone() == (3,)
    assert admin.execute(DAYS, ["workflow_executions", "2026-03-02", "2026-03-04"]).fetchone() == (1,)
    assert where(admin) == {"2026_03_02"}, "what came before the day had a table has moved"
    admin.execute(MONTHS, ["workflow_executions", "2026-04-01", "2026-04-01"])
    assert admin.execute(DAYS, ["workflow_executions", "2026-04-01", "2026-05-01"]).fetchone() == (1,), (
        "April is whole"
    )
    assert admin.execute(MONTHS, ["workflow_executions", "2026-03-01", "2026-05-31"]).fetchone() == (2,)
    put(admin, "2026-03-31T12:00:00Z")
    put(admin, "2026-04-30T12:00:00Z")
    put(admin, "2026-05-31T12:00:00Z")
    assert where(admin) == {"2026_03_02", "2026_03_31", "2026_04", "2026_05_31"}


def test_a_day_has_the_keys_indexes_and_policies_of_its_table(admin: psycopg.Connection) -> None:
    admin.execute(DAYS, ["workflow_executions", "2026-01-01", "2026-01-01"])
    for question in (
        "SELECT count(*) FROM pg_index WHERE indrelid = %s::regclass",
        "SELECT count(*) FROM pg_policy WHERE polrelid = %s::regclass",
        "SELECT count(*) FROM pg_trigger WHERE tgrelid = %s::regclass",
    ):
        of_parent = admin.execute(question, ["atlas.workflow_executions"]).fetchone()
        assert (
            admin.execute(question, ["atlas.workflow_executions_2026_01_01"]).fetchone() == of_parent != (0,)
        )


def test_odd_ranges_and_other_tables_are_refused(admin: psycopg.Connection) -> None:
    with pytest.raises(errors.InvalidParameterValue, match="a year"):
        admin.execute(DAYS, ["workflow_executions", "2020-01-01", "2026-01-01"])
    with pytest.raises(errors.InvalidParameterValue, match="not partitioned"):
        admin.execute(DAYS, ["workflows", "2026-01-01", "2026-01-01"])


def test_a_downgrade_leaves_room_for_months(admin: psycopg.Connection, schema_dsn: str) -> None:
    admin.execute(DAYS, ["workflow_executions", "2026-03-01", "2026-03-03"])
    admin.execute(DAYS, ["workflow_execution_steps", "2026-03-02", "2026-03-02"])
    put(admin, "2026-03-02T12:00:00Z")
    schema.downgrade(schema_dsn, "0014")
    assert where(admin) == {"default"}
    assert admin.execute(MONTHS, ["workflow_executions", "2026-03-01", "2026-03-01"]).fetchone() == (1,)
    admin.execute(MONTHS, ["workflow_execution_steps", "2026-03-01", "2026-03-01"])
    assert where(admin) == where(admin, "workflow_execution_steps") == {"2026_03"}
    schema.upgrade(schema_dsn)
    assert admin.execute(DAYS, ["workflow_executions", "2026-03-31", "2026-04-01"]).fetchone() == (1,)


ENGINE = (
    "workflow_executions", "workflow_execution_steps", "workflow_execution_logs", "workflow_execution_queue",
    "execution_states", "execution_inbox", "enrolments", "effects", "dead_letters", "connector_limits",
)  # fmt: skip


@pytest.mark.parametrize("table", ENGINE)
def test_the_organization_is_in_every_key_of_the_engine(admin: psycopg.Connection, table: str) -> None:
    keys = admin.execute(
        "SELECT ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)) "
        "FROM pg_index i WHERE i.indrelid = %s::regclass AND i.indisunique",
        [f"atlas.{table}"],
    ).fetchall()
    assert keys
    assert all("organization_id" in key for (key,) in keys)


def swept(connection: psycopg.Connection, by: By | None = OPS) -> dict[str, Partition]:
    return {each.name: each for each in sweep(connection, KEEP, NOW, by)}


def test_retention_drops_days_that_nothing_keeps(admin: psycopg.Connection) -> None:
    for table in ("workflow_executions", "workflow_execution_steps"):
        admin.execute(DAYS, [table, "2026-03-01", "2026-03-04"])
        admin.execute(DAYS, [table, "2026-05-20", "2026-05-20"])
    put(admin, "2026-03-01T12:00:00Z")
    put(admin, "2026-03-02T12:00:00Z", "workflow_executions")
    live = put(admin, "2026-03-03T12:00:00Z")
    put(admin, "2026-05-20T12:00:00Z")
    admin.execute(
        "INSERT INTO atlas.execution_states (organization_id, execution_id, started_at, workflow_id, workflow_version, subject, document) "
        "VALUES (%s, %s, '2026-03-03T12:00:00Z', gen_random_uuid(), 1, 's', '{}')",
        [ONE, live],
    )
    only_looked = swept(admin, None)
    assert len(only_looked) == 8
    assert len(where(admin)) == 4, "nothing was done"
    found = swept(admin)
    gone = {name[-10:] for name, each in found.items() if each.kept is None}
    assert gone == {"2026_03_01", "2026_03_04"}
    assert "migrated" in str(found["workflow_executions_2026_03_02"].kept)
    assert "live" in str(found["workflow_execution_steps_2026_03_03"].kept)
    assert (
        where(admin) == where(admin, "workflow_execution_steps") == {"2026_03_02", "2026_03_03", "2026_05_20"}
    )
    assert len(admin.execute("SELECT FROM atlas.audit_log WHERE action = 'drop_partition'").fetchall()) == 4


def test_a_long_reader_does_not_hold_everybody_up(admin: psycopg.Connection, schema_dsn: str) -> None:
    admin.execute(DAYS, ["workflow_execution_logs", "2026-03-01", "2026-03-01"])
    with psycopg.connect(schema_dsn) as reader:
        reader.execute("SELECT * FROM atlas.workflow_execution_logs")
        (found,) = swept(admin).values()
    assert "in use" in str(found.kept)
    assert [each.kept for each in swept(admin).values()] == [None]


def test_with_a_day_goes_what_its_executions_did_and_entered_by(admin: psycopg.Connection) -> None:
    """The last entry of a subject stays, the anchor of who may enter once, and what waits for a person."""
    admin.execute(DAYS, ["workflow_executions", "2026-03-01", "2026-03-01"])
    first, last = put(admin, "2026-03-01T11:00:00Z"), put(admin, "2026-03-01T12:00:00Z")
    workflow = "33333333-3333-4333-8333-333333333333"
    admin.execute("UPDATE atlas.workflow_executions SET workflow_id = %s, subject = 's'", [workflow])
    for execution, anchor, hour in ((first, "a", 11), (first, "once", 10), (last, "b", 12)):
        admin.execute(
            "INSERT INTO atlas.enrolments (organization_id, workflow_id, subject, anchor, execution_id, enrolled_at) "
            "VALUES (%s, %s, 's', %s, %s, make_timestamptz(2026, 3, 1, %s, 0, 0))",
            [ONE, workflow, anchor, execution, hour],
        )
    for key, status in (("done", "done"), ("open", "unknown")):
        admin.execute(
            "INSERT INTO atlas.effects (organization_id, effect_key, execution_id, workflow_id, subject, node_id, kind, status, content) "
            "VALUES (%s, %s, %s, %s, 's', 'n', 'add_note', %s, '{}')",
            [ONE, key, first, workflow, status],
        )
        admin.execute(
            "INSERT INTO atlas.crm_writes (organization_id, effect_key, kind, subject) VALUES (%s, %s, 'add_note', 's')",
            [ONE, key],
        )
    (found,) = swept(admin).values()
    assert (found.kept, found.beside) == (None, Beside(effects=1, crm_writes=1, enrolments=1))
    assert rows(admin, "SELECT anchor FROM atlas.enrolments ORDER BY 1") == ["b", "once"]
    for table in ("effects", "crm_writes"):
        assert rows(admin, f"SELECT effect_key FROM atlas.{table}") == ["open"]


def test_no_day_goes_while_a_failed_execution_is_let_go_on(
    admin: psycopg.Connection, schema_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("atlas_workflows.store.retention.LOCK_SECONDS", 0.2)
    admin.execute(DAYS, ["workflow_execution_steps", "2026-03-01", "2026-03-01"])
    with psycopg.connect(schema_dsn) as replaying:
        replaying.execute(sql("engine/hold_letters"))
        (found,) = swept(admin).values()
        assert "in use" in str(found.kept)
    assert [each.kept for each in swept(admin).values()] == [None]


def rows(connection: psycopg.Connection, statement: str) -> list[str]:
    return [row[0] for row in connection.execute(statement.encode()).fetchall()]

"""Monthly partitions: made on demand, again without harm, for rows that came before them, under several workers."""

import threading

import psycopg
import pytest
from psycopg import errors

ONE = "11111111-1111-4111-8111-111111111111"
ENSURE = "SELECT atlas.ensure_month_partitions(%s, %s, %s)"


def put(connection: psycopg.Connection, started_at: str) -> None:
    connection.execute(
        "INSERT INTO atlas.workflow_executions (organization_id, status, started_at) VALUES (%s, 'completed', %s)",
        [ONE, started_at],
    )


def where(connection: psycopg.Connection) -> dict[str, int]:
    rows = connection.execute(
        "SELECT tableoid::regclass::text, count(*) FROM atlas.workflow_executions GROUP BY 1"
    ).fetchall()
    return {name.rpartition("workflow_executions_")[2]: rows_in for name, rows_in in rows}


@pytest.mark.parametrize(
    "table", ["workflow_executions", "workflow_execution_steps", "workflow_execution_logs"]
)
def test_months_are_made_once(admin: psycopg.Connection, table: str) -> None:
    assert admin.execute(ENSURE, [table, "2025-11-30T23:59:59Z", "2026-02-01T00:00:00Z"]).fetchone() == (4,)
    assert admin.execute(ENSURE, [table, "2025-12-01", "2026-03-01"]).fetchone() == (1,)
    assert admin.execute(ENSURE, [table, "2026-03-01", "2026-02-01"]).fetchone() == (0,)


def test_a_month_begins_at_midnight_utc_whatever_the_session_thinks(admin: psycopg.Connection) -> None:
    admin.execute("SET TimeZone = 'Pacific/Auckland'")
    admin.execute(ENSURE, ["workflow_executions", "2026-01-31T23:30:00Z", "2026-01-31T23:30:00Z"])
    put(admin, "2026-01-31T23:59:59.999999Z")
    put(admin, "2026-02-01T00:00:00Z")
    assert where(admin) == {"2026_01": 1, "default": 1}


def test_rows_that_came_before_their_month_move_into_it(admin: psycopg.Connection) -> None:
    for day in (
        "1970-01-01T00:00:00Z",
        "2026-01-05T00:00:00Z",
        "2026-01-31T00:00:00Z",
        "2026-02-01T00:00:00Z",
    ):
        put(admin, day)
    assert where(admin) == {"default": 4}
    admin.execute(ENSURE, ["workflow_executions", "2026-01-01", "2026-01-31"])
    assert where(admin) == {"2026_01": 2, "default": 2}
    assert admin.execute("SELECT count(*) FROM atlas.workflow_executions").fetchone() == (4,)


def test_a_partition_has_the_keys_indexes_and_policies_of_its_table(admin: psycopg.Connection) -> None:
    admin.execute(ENSURE, ["workflow_executions", "2026-01-01", "2026-01-01"])
    indexes = (
        "SELECT count(*) FROM pg_index WHERE indrelid = %s::regclass",
        "SELECT count(*) FROM pg_policy WHERE polrelid = %s::regclass",
        "SELECT count(*) FROM pg_trigger WHERE tgrelid = %s::regclass",
        "SELECT count(*) FROM pg_constraint WHERE conrelid = %s::regclass AND contype IN ('c', 'p')",
    )
    for question in indexes:
        of_parent = admin.execute(question, ["atlas.workflow_executions"]).fetchone()
        of_month = admin.execute(question, ["atlas.workflow_executions_2026_01"]).fetchone()
        assert of_parent == of_month, question
        assert of_month != (0,)


def test_workers_may_ask_at_the_same_time(schema_dsn: str, admin: psycopg.Connection) -> None:
    made: list[int] = []

    def ask() -> None:
        with psycopg.connect(schema_dsn) as connection:
            row = connection.execute(ENSURE, ["workflow_executions", "2025-01-01", "2025-12-31"]).fetchone()
            made.append(row[0] if row else -1)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [0, 0, 0, 12]


def test_odd_ranges_and_other_tables_are_refused(admin: psycopg.Connection) -> None:
    with pytest.raises(errors.InvalidParameterValue, match="50 years"):
        admin.execute(ENSURE, ["workflow_executions", "1970-01-01", "9999-01-01"])
    with pytest.raises(errors.InvalidParameterValue, match="not partitioned"):
        admin.execute(ENSURE, ["workflows", "2026-01-01", "2026-01-01"])


def test_a_search_by_start_reads_its_month_only(admin: psycopg.Connection) -> None:
    admin.execute(ENSURE, ["workflow_executions", "2025-01-01", "2025-12-31"])
    plan = admin.execute(
        "EXPLAIN SELECT * FROM atlas.workflow_executions WHERE started_at >= '2025-03-01Z' AND started_at < '2025-04-01Z'"
    ).fetchall()
    text = "\n".join(line[0] for line in plan)
    assert "workflow_executions_2025_03" in text
    assert "2025_04" not in text

"""Analytics of the history: counted from finished executions, in the organization's zone, never dated now."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from legacy_samples import clone_sample
from moving_phase import fetch, migrate
from test_every_shape import certain, reconciled
from test_hostile_rows import put, two_workflows, uid

from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.migration.phases import phase_named
from atlas_workflows.migration.request import Scope
from atlas_workflows.migration.rollback import roll_back

OURS = "SELECT date::text, hour, executions_count, successful_count, failed_count, cancelled_count, total_execution_time_ms,"
OURS += " min_execution_time_ms, max_execution_time_ms FROM atlas.workflow_analytics WHERE origin = 'atlas'"


@pytest.fixture
def legacy(request: pytest.FixtureRequest, pg_server: EmbeddedServer) -> Iterator[str]:
    dsn = clone_sample(pg_server, request.param, workflows=30, executions=200, messy=True)
    yield dsn
    pg_server.drop_database(dsn.rpartition("/")[2])


def sums(dsn: str) -> list[tuple[Any, ...]]:
    return fetch(
        dsn,
        "SELECT workflow_id, sum(executions_count), sum(successful_count), sum(failed_count), sum(cancelled_count)"
        " FROM atlas.workflow_analytics WHERE origin = 'atlas' GROUP BY 1 ORDER BY 1",
    )


@pytest.mark.parametrize("legacy", ["A", "B"], indirect=True)
def test_sums_are_the_finished_executions_of_the_source(legacy: str, tmp_path: Path) -> None:
    assert migrate(legacy, tmp_path).status == "succeeded"
    assert sums(legacy) == fetch(
        legacy,
        "SELECT e.workflow_id, count(*), count(*) FILTER (WHERE e.status = 'completed'),"
        " count(*) FILTER (WHERE e.status = 'failed'), count(*) FILTER (WHERE e.status = 'cancelled')"
        " FROM workflow_executions e JOIN atlas.workflows w ON w.id = e.workflow_id"
        " WHERE e.status IN ('completed', 'failed', 'cancelled') AND e.id IN (SELECT id FROM atlas.workflow_executions)"
        " GROUP BY 1 ORDER BY 1",
    )
    assert (
        fetch(
            legacy, "SELECT 1 FROM atlas.workflow_analytics WHERE origin = 'atlas' AND date >= current_date"
        )
        == []
    )
    certain(legacy, reconciled(legacy, tmp_path))
    before = fetch(legacy, "SELECT max(xmin::text::bigint) FROM atlas.workflow_analytics")
    migrate(legacy, tmp_path)
    assert fetch(legacy, "SELECT max(xmin::text::bigint) FROM atlas.workflow_analytics") == before
    roll_back(phase_named("p1"), Scope(), dsn=legacy, execute=True)
    assert fetch(legacy, "SELECT count(*) FROM atlas.workflow_analytics") == [(0,)]
    assert fetch(legacy, "SELECT count(*) FROM atlas.archive WHERE table_name = 'workflow_analytics'") == [
        (0,)
    ]


@pytest.mark.parametrize("legacy", ["B"], indirect=True)
def test_hours_are_those_of_the_organization_and_odd_times_are_never_now(legacy: str, tmp_path: Path) -> None:
    (mine, us), (theirs, them) = two_workflows(legacy)
    fetch(legacy, "DELETE FROM workflow_execution_steps")
    fetch(legacy, "DELETE FROM workflow_executions")
    fetch(legacy, "UPDATE organizations SET timezone = 'Asia/Kolkata' WHERE id = %s", us)
    fetch(legacy, "UPDATE organizations SET timezone = 'Mars/Olympus' WHERE id = %s", them)
    times = [
        ("completed", "2025-03-01 20:00:00+00", "2025-03-01 20:10:00+00", 600_000), ("failed", "2025-03-01 20:05:00+00", None, None),
        ("cancelled", "2025-03-01 20:06:00+00", "2025-03-01 20:06:01+00", -5), ("running", "2025-03-01 20:00:00+00", None, None),
        ("completed", "infinity", "infinity", None), ("completed", "4713-01-01 BC", "294276-12-31", None),
    ]  # fmt: skip
    for number, (status, started, completed, took) in enumerate(times, 1):
        put(legacy, "workflow_executions", id=uid(number), workflow_id=mine, organization_id=us, status=status,
            started_at=started, completed_at=completed, execution_time_ms=took)  # fmt: skip
    put(legacy, "workflow_executions", id=uid(9), workflow_id=theirs, organization_id=them, status="completed",
        started_at="2025-03-01 23:59:59+00", completed_at="2025-03-02 00:00:00+00")  # fmt: skip
    assert migrate(legacy, tmp_path).status == "succeeded"
    certain(legacy, reconciled(legacy, tmp_path))
    assert fetch(legacy, OURS + " AND workflow_id = %s ORDER BY date, hour", mine) == [
        ("1970-01-01", 5, 2, 2, 0, 0, None, None, None),
        ("2025-03-02", 1, 3, 1, 1, 1, 601_000, 1_000, 600_000),
    ]
    assert fetch(legacy, OURS + " AND workflow_id = %s", theirs) == [
        ("2025-03-02", 0, 1, 1, 0, 0, 1000, 1000, 1000)
    ]


@pytest.mark.parametrize("legacy", ["A"], indirect=True)
def test_a_wrong_count_is_found(legacy: str, tmp_path: Path) -> None:
    assert migrate(legacy, tmp_path).status == "succeeded"
    fetch(legacy, "UPDATE atlas.workflow_analytics SET executions_count = executions_count + 1"
                  " WHERE id = (SELECT id FROM atlas.workflow_analytics WHERE origin = 'atlas' LIMIT 1)")  # fmt: skip
    assert {str(item.kind) for item in reconciled(legacy, tmp_path).differences} == {"ANALYTICS_DIFFER"}

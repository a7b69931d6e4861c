"""Recurring workflows in the database: which there are, and that one occurrence starts one execution, ever."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from workflows import line, node, wait
from world import ONE, TWO, PostgresWorld, work, workflow_id

from atlas_workflows.graph.model import Edge, Trigger, Workflow
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.recurring.occasion import due_occasion
from atlas_workflows.recurring.starting import Outcome, Recurring, ask_gate, start_occasion
from atlas_workflows.recurring.survey import (
    find_entries,
    is_ready,
    keep_snapshot,
    kept_snapshot,
    take_snapshot,
)
from atlas_workflows.rollout.flags import Override
from atlas_workflows.rollout.known import KNOWN_FLAGS
from atlas_workflows.rollout.postgres import PostgresFlags
from atlas_workflows.store.publication import pause, publish, resume
from atlas_workflows.store.steering import By

ADA = By("ada", "because")
DUE = datetime(2026, 6, 10, 9, tzinfo=UTC)
DAILY = {"cron": "0 9 * * *", "timezone": "UTC"}


def recurring(name: str, **schedule: object) -> Workflow:
    """A line that also starts by a schedule."""
    flow = line(name, node("a"), wait("b", 2, "hours"))
    at_nine = Trigger("nine", "schedule", {"schedule": {**DAILY, **schedule}})
    return Workflow(name, name, flow.nodes, (*flow.edges, Edge("s", "nine", "a")), (*flow.triggers, at_nine), settings=flow.settings)  # fmt: skip


def published(world: PostgresWorld, flow: Workflow, organization: str = ONE) -> Recurring:
    return Recurring(organization, world.publish(flow, organization), "nine")


def _start(world: PostgresWorld, which: Recurring, due: datetime = DUE) -> Outcome:
    return start_occasion(world.connection, which, due_occasion(due), due)


def test_every_active_schedule_of_ours_is_found(postgres: PostgresWorld) -> None:
    postgres.rows_changed("CREATE TABLE public.organizations (id uuid PRIMARY KEY, name text)")
    postgres.rows_changed("INSERT INTO public.organizations VALUES (%s, 'Iron Gym')", ONE)
    which = published(postgres, recurring("a", holidays="GB-ENG"))
    published(postgres, recurring("b"), TWO)
    postgres.publish(line("without", node("x")))
    (first, second) = find_entries(postgres.connection, DUE)
    assert (first.workflow, first.organization_name, first.name, first.version) == (
        which.workflow,
        "Iron Gym",
        "a",
        1,
    )
    assert "holidays" not in first.schedule
    assert second.organization_name == TWO[:8]
    assert [e.name for e in find_entries(postgres.connection, DUE, workflow_id("b", TWO))] == ["b"]
    pause(postgres.connection, ONE, which.workflow, ADA)
    assert [e.name for e in find_entries(postgres.connection, DUE)] == ["b"]
    begun = datetime.now(UTC)
    resume(postgres.connection, ONE, which.workflow, ADA)
    (again, _) = find_entries(postgres.connection, DUE)
    assert again.since >= begun - timedelta(seconds=5), "what was due while it was paused never starts"
    assert again.dag_id == first.dag_id
    postgres.rows_changed("UPDATE atlas.workflows SET owner = 'atlas_legacy' WHERE id = %s", which.workflow)
    assert [e.name for e in find_entries(postgres.connection, DUE)] == ["b"]


def test_translated_schedules_wait_until_their_organization_lets_them(postgres: PostgresWorld) -> None:
    which = published(postgres, recurring("a"))
    postgres.rows_changed("UPDATE atlas.workflows SET source_table = 'workflows', source_id = '1'")
    assert find_entries(postgres.connection, DUE) == []
    assert not ask_gate(postgres.connection, which, due_occasion(DUE), DUE).may_start
    flags = PostgresFlags(postgres.connection)
    (flag,) = [known for known in KNOWN_FLAGS if known.key == "scheduling.translated"]
    flags.put_flag(flag, actor="test", reason="known")
    assert find_entries(postgres.connection, DUE) == []
    flags.set_override(Override(flag.key, UUID(ONE), True, "ada", "they want them", DUE))
    assert [e.workflow for e in find_entries(postgres.connection, DUE)] == [which.workflow]
    let = datetime(2101, 1, 1, tzinfo=UTC)
    flags.set_override(Override(flag.key, UUID(ONE), True, "ada", "from then on", let))
    (entry,) = find_entries(postgres.connection, DUE)
    assert entry.since == let, "what was due before is nobody's to catch up with"


def test_one_occurrence_starts_one_execution_ever(postgres: PostgresWorld) -> None:
    which = published(postgres, recurring("a"))
    assert ask_gate(postgres.connection, which, due_occasion(DUE), DUE).may_start
    first = _start(postgres, which)
    assert (first.answer, first.occurrence) == ("started", "2026-06-10T09:00:00Z")
    assert first.tzdata
    again = _start(postgres, which)
    assert (again.answer, again.execution) == ("enrolled", first.execution)
    ((anchor, subject, by, facts),) = postgres.rows(
        "SELECT n.anchor, x.subject, x.triggered_by, x.trigger_data FROM atlas.workflow_executions AS x "
        "JOIN atlas.enrolments AS n ON n.execution_id = x.id"
    )
    assert (anchor, subject, by) == (first.occurrence, f"schedule:{first.occurrence}", "schedule")
    assert facts["tzdata"] == first.tzdata
    verdict = ask_gate(
        postgres.connection, which, due_occasion(DUE + timedelta(days=1)), DUE + timedelta(days=1)
    )
    assert verdict.why == "1 executions of earlier occurrences are under way."


def test_cancel_other_lets_the_new_one_take_the_place(postgres: PostgresWorld) -> None:
    which = published(postgres, recurring("a", overlap="cancel_other"))
    first = _start(postgres, which)
    second = _start(postgres, which, DUE + timedelta(days=1))
    assert second.answer == "started"
    work(postgres)
    assert postgres.end(first.execution) == (
        "cancelled",
        "Its schedule came due again at 2026-06-11 09:00:00 UTC.",
    )
    assert postgres.end(second.execution) is None


@pytest.mark.parametrize("state", ["paused", "archived"])
def test_what_stops_between_gate_and_start_starts_nothing(postgres: PostgresWorld, state: str) -> None:
    which = published(postgres, recurring("a"))
    postgres.rows_changed("UPDATE atlas.workflows SET status = %s WHERE id = %s", state, which.workflow)
    assert "not published" in ask_gate(postgres.connection, which, due_occasion(DUE), DUE).why
    assert _start(postgres, which).answer == "refused"


def test_a_snapshot_is_kept_for_every_other_machine(postgres: PostgresWorld) -> None:
    published(postgres, recurring("a"))
    assert is_ready(postgres.connection)
    snapshot = take_snapshot(postgres.connection, DUE)
    keep_snapshot(postgres.connection, snapshot)
    keep_snapshot(postgres.connection, snapshot)
    assert kept_snapshot(postgres.connection, snapshot.version) == snapshot
    postgres.rows_changed("UPDATE atlas.recurring_snapshots SET used_at = now() - interval '31 days'")
    keep_snapshot(postgres.connection, type(snapshot)())
    assert kept_snapshot(postgres.connection, snapshot.version) is None


def test_a_translated_schedule_that_a_person_publishes_needs_no_flag(postgres: PostgresWorld) -> None:
    which = published(postgres, recurring("a"))
    postgres.rows_changed(
        "UPDATE atlas.workflows SET source_table = 'workflows', source_id = '1', revision = 7"
    )
    assert find_entries(postgres.connection, DUE) == []
    done = publish(postgres.connection, ONE, which.workflow, 7, load_catalogue(), ADA)
    assert [e.version for e in find_entries(postgres.connection, DUE)] == [done.version]

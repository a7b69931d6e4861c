"""The sweep: the same occurrences under the same keys as DAGs of their own would start, each once, whoever is killed or doubled."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from random import Random
from time import monotonic
from typing import Any

import psycopg
import pytest
from recurring_world import (
    BEGIN,
    LASTS,
    Oracle,
    Scheduler,
    go_to,
    hours,
    leave_to_sweep,
    oracle,
    published,
    recurring,
    started,
)
from world import ONE, TWO, PostgresWorld

from atlas_workflows.db.acting import act_as_migration
from atlas_workflows.db.connect import connect
from atlas_workflows.recurring.enlisting import enlist
from atlas_workflows.recurring.occasion import Recurring, due_occasion
from atlas_workflows.recurring.starting import ask_gate, start_occasion
from atlas_workflows.recurring.survey import take_snapshot
from atlas_workflows.recurring.sweep import Swept, release_all, sweep, sweep_batch
from atlas_workflows.store.publication import pause, resume
from atlas_workflows.store.steering import By

THREE = "33333333-3333-4333-8333-333333333333"
ADA = By("ada", "because")
NINE = BEGIN.replace(hour=9, minute=0)
DAY = timedelta(days=1)
DAILY = {"cron": "0 9 * * *"}
HOURLY = {"cron": "0 * * * *"}
WEEK = {"window_seconds": 9 * 86_400}


def swept_at(world: PostgresWorld, now: datetime, **more: Any) -> Swept:
    act_as_migration(world.connection)
    return sweep(world.connection, lambda: now, world.connection, **more)


@contextmanager
def another(world: PostgresWorld) -> Iterator[psycopg.Connection[Any]]:
    with connect(world.dsn, application_name="test", autocommit=True) as connection:
        act_as_migration(connection)
        yield connection


@pytest.fixture
def due(postgres: PostgresWorld) -> list[Recurring]:
    """Seven schedules of the sweep, all at nine."""
    found = [published(postgres, recurring(f"w{number}", **DAILY)) for number in range(7)]
    leave_to_sweep(postgres, ONE)
    swept_at(postgres, BEGIN)
    return found


def test_what_is_due_starts_once_under_the_key_of_a_dag_run(
    postgres: PostgresWorld, due: list[Recurring]
) -> None:
    assert take_snapshot(postgres.connection, BEGIN).entries == ()
    assert swept_at(postgres, NINE).answers == {"started": 7, "from_buffer": 0}
    assert swept_at(postgres, NINE).answers == {"from_buffer": 0}
    again = start_occasion(postgres.connection, due[0], due_occasion(NINE), NINE)
    assert (again.answer, again.occurrence) == ("enrolled", "2031-06-10T09:00:00Z")
    assert [started(postgres, which) for which in due] == [["2031-06-10T09:00:00Z"]] * 7
    late = swept_at(postgres, NINE + DAY + timedelta(minutes=6))
    assert (late.answers["passed_over"], late.late) == (7, 7)


def test_it_stays_with_what_comes_due_within_its_minute(
    postgres: PostgresWorld, due: list[Recurring]
) -> None:
    clock = [NINE - timedelta(seconds=50)]
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock[0] += timedelta(seconds=seconds)

    act_as_migration(postgres.connection)
    done = sweep(
        postgres.connection,
        lambda: clock[0],
        postgres.connection,
        until=clock[0] + timedelta(seconds=62),
        sleep=sleep,
    )
    assert (slept, done.answers["started"]) == ([50.0], 7)


def test_two_at_once_share_what_is_due(postgres: PostgresWorld, due: list[Recurring]) -> None:
    """The first has a batch in hand and has not committed: the second takes the others, and nothing of the first's."""
    first, second = Swept(), Swept()
    act_as_migration(postgres.connection)
    with another(postgres) as beside, beside.transaction():
        assert sweep_batch(beside, NINE, first, 3) == 3
        while sweep_batch(postgres.connection, NINE, second, 3):
            pass
        assert second.answers == {"started": 4}
    assert first.answers == {"started": 3}
    assert all(len(started(postgres, which)) == 1 for which in due)


def test_a_killed_one_is_continued(postgres: PostgresWorld, due: list[Recurring]) -> None:
    with another(postgres) as killed:
        sweep_batch(killed, NINE, Swept(), 2)
        with pytest.raises(psycopg.OperationalError):
            _die_with_a_batch_in_hand(killed, postgres)
    assert swept_at(postgres, NINE + timedelta(seconds=20)).answers["started"] == 5
    assert all(len(started(postgres, which)) == 1 for which in due)


def _die_with_a_batch_in_hand(killed: psycopg.Connection[Any], world: PostgresWorld) -> None:
    with killed.transaction():
        assert sweep_batch(killed, NINE, Swept(), 3) == 3
        world.rows("SELECT pg_terminate_backend(%s)", killed.info.backend_pid)
        killed.execute("SELECT 1")


def test_what_is_paused_or_published_anew_is_taken_up_as_it_stands(
    postgres: PostgresWorld, due: list[Recurring]
) -> None:
    pause(postgres.connection, ONE, due[0].workflow, ADA)
    published(postgres, recurring("w1", cron="30 9 * * *"))
    swept_at(postgres, NINE)
    assert [len(started(postgres, which)) for which in due] == [0, 0, 1, 1, 1, 1, 1]
    resume(postgres.connection, ONE, due[0].workflow, ADA)
    swept_at(postgres, NINE + timedelta(minutes=30))
    assert started(postgres, due[1]) == ["2031-06-10T09:30:00Z"]
    swept_at(postgres, NINE + DAY)
    assert started(postgres, due[0])[-1] == "2031-06-11T09:00:00Z"


def test_one_schedule_that_cannot_be_read_costs_itself_alone(
    postgres: PostgresWorld, due: list[Recurring]
) -> None:
    published(postgres, recurring("broken", cron="99 * * * *"))
    assert swept_at(postgres, NINE).answers["started"] == 7


def test_one_that_cannot_be_started_costs_itself_alone(postgres: PostgresWorld, due: list[Recurring]) -> None:
    postgres.rows_changed(
        "CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$"
    )
    postgres.rows_changed(
        "CREATE TRIGGER refuse BEFORE INSERT ON atlas.enrolments FOR EACH ROW "
        f"WHEN (NEW.workflow_id = '{due[3].workflow}') EXECUTE FUNCTION public.refuse()"
    )
    assert swept_at(postgres, NINE).answers == {"started": 6, "failed": 1, "from_buffer": 0}
    assert started(postgres, due[3]) == []
    ((why,),) = postgres.rows("SELECT why FROM atlas.recurring_occurrences")
    assert why == "It could not be started: RaiseException; the log says more."
    assert swept_at(postgres, NINE).answers == {"from_buffer": 0}


def test_two_hundred_at_one_instant_are_started_within_ten_seconds(postgres: PostgresWorld) -> None:
    for number in range(200):
        published(postgres, recurring(f"w{number}", **DAILY))
    leave_to_sweep(postgres, ONE)
    act_as_migration(postgres.connection)
    begun = monotonic()
    assert swept_at(postgres, BEGIN).enlisted == 200
    enlisted = monotonic()
    assert swept_at(postgres, NINE).answers["started"] == 200
    print(f"200 enlisted in {enlisted - begun:.2f} s, started in {monotonic() - enlisted:.2f} s")
    assert monotonic() - enlisted < 10


POLICIES: dict[str, dict[str, Any]] = {
    "skip": HOURLY,
    "allow": {**HOURLY, "overlap": "allow"},
    "buffer": {**HOURLY, "overlap": "buffer_one"},
    "cancel": {**HOURLY, "overlap": "cancel_other"},
    "latest": {**HOURLY, "overlap": "allow", "catch_up": {"mode": "latest", **WEEK}},
    "all": {"cron": "0 */6 * * *", "overlap": "allow", "catch_up": {"mode": "all", **WEEK}},
    "all in turn": {"cron": "0 */6 * * *", "overlap": "buffer_one", "catch_up": {"mode": "all", **WEEK}},
    "none": {"cron": "0 */6 * * *", "catch_up": {"mode": "none"}},
}


def test_every_policy_means_the_same_by_dag_by_sweep_and_between_them(postgres: PostgresWorld) -> None:
    """Twelve hours, then Airflow is down for a week, then twelve more; the third organization goes to and fro all the time."""
    dice = Random(11)
    which = {
        (organization, name): published(postgres, recurring(name, **schedule), organization)
        for organization in (ONE, TWO, THREE)
        for name, schedule in POLICIES.items()
    }
    said: dict[str, Oracle] = {name: oracle(schedule, "") for name, schedule in POLICIES.items()}
    postgres.rows_changed("ALTER TABLE atlas.workflow_versions DISABLE TRIGGER USER")
    postgres.rows_changed("UPDATE atlas.workflow_versions SET created_at = %s", BEGIN)
    leave_to_sweep(postgres, TWO)
    airflow = Scheduler(postgres)

    def step(now: datetime) -> None:
        go_to(postgres, now)
        leave_to_sweep(postgres, THREE, dice.random() < 0.5)
        if dice.random() < 0.5:  # else the DAGs of the step before are still there, beside the sweep
            airflow.refresh(now)
        swept_at(postgres, now)
        if not airflow.entries or dice.random() < 0.5:
            airflow.refresh(now)
        airflow.run(now)
        go_to(postgres, now)
        for each in said.values():
            each.step(now)

    hours(12, step)
    hours(12, step, BEGIN + timedelta(days=7))
    for (organization, name), schedule in which.items():
        assert started(postgres, schedule) == sorted(said[name].started), (organization, name)
    assert len(said["all"].started) > 4 * 7
    assert len({tuple(said[name].started) for name in ("skip", "buffer", "cancel")}) == 3


def test_one_that_waits_its_turn_starts_when_the_earlier_is_over(postgres: PostgresWorld) -> None:
    which = published(postgres, recurring("a", **HOURLY, overlap="buffer_one"))
    ten, eleven = NINE + timedelta(hours=1), NINE + timedelta(hours=2)
    assert ask_gate(postgres.connection, which, due_occasion(NINE), NINE).may_start
    go_to(postgres, NINE)
    start_occasion(postgres.connection, which, due_occasion(NINE), NINE)
    go_to(postgres, NINE)
    second = ask_gate(postgres.connection, which, due_occasion(ten), ten)
    assert (second.may_start, second.waits) == (False, True)
    assert second.why == "1 executions of earlier occurrences are under way; it waits its turn."
    third = ask_gate(postgres.connection, which, due_occasion(eleven), eleven)
    assert (third.may_start, third.waits) == (False, False)
    assert third.why.endswith("and another one waits its turn.")
    act_as_migration(postgres.connection)
    assert release_all(postgres.connection, eleven) == 0
    assert ask_gate(postgres.connection, which, due_occasion(ten), eleven).waits, (
        "asked again: the same answer"
    )
    go_to(postgres, NINE + LASTS)
    assert release_all(postgres.connection, NINE + LASTS) == 1
    assert started(postgres, which) == ["2031-06-10T09:00:00Z", "2031-06-10T10:00:00Z"]
    again = ask_gate(postgres.connection, which, due_occasion(eleven), NINE + LASTS)
    assert again.why == third.why, "what was passed over stays so"


def test_one_that_waits_is_given_up_with_its_workflow(postgres: PostgresWorld) -> None:
    which = published(postgres, recurring("a", **HOURLY, overlap="buffer_one"))
    start_occasion(postgres.connection, which, due_occasion(NINE), NINE)
    ten = NINE + timedelta(hours=1)
    assert ask_gate(postgres.connection, which, due_occasion(ten), ten).waits
    pause(postgres.connection, ONE, which.workflow, ADA, drain=True)
    act_as_migration(postgres.connection)
    assert release_all(postgres.connection, ten) == 0
    assert postgres.rows("SELECT state, why FROM atlas.recurring_occurrences") == [
        ("passed_over", "The workflow is paused, archived or not published with this schedule any more.")
    ]


def test_a_dag_run_that_is_cleared_cancels_nothing_newer(postgres: PostgresWorld) -> None:
    which = published(postgres, recurring("a", **HOURLY, overlap="cancel_other"))
    start_occasion(postgres.connection, which, due_occasion(NINE), NINE)
    newer = start_occasion(postgres.connection, which, due_occasion(NINE + DAY), NINE + DAY)
    again = start_occasion(postgres.connection, which, due_occasion(NINE), NINE + DAY)
    assert again.answer == "enrolled"
    go_to(postgres, NINE + DAY)
    assert postgres.end(newer.execution) is None


def test_a_schedule_is_the_sweeps_until_its_dag_is_there(
    postgres: PostgresWorld, due: list[Recurring]
) -> None:
    assert enlist(postgres.connection, NINE) == (0, 0), "nothing has changed"
    leave_to_sweep(postgres, ONE, swept=False)
    assert enlist(postgres.connection, NINE) == (0, 0), "no snapshot has them yet"
    Scheduler(postgres).refresh(NINE)
    assert enlist(postgres.connection, NINE) == (0, 7)
    assert enlist(postgres.connection, NINE) == (0, 0)
    assert len(take_snapshot(postgres.connection, NINE).entries) == 7

"""The sweep starts schedules that have an audience by the same enrolment as their DAGs."""

from datetime import timedelta

import pytest
from recurring_world import BEGIN, go_to, leave_to_sweep
from test_audience_enrolment import PEOPLE, enrol, gym, outcomes, published
from workflows import wait
from world import ONE, PostgresWorld

from atlas_workflows.db.acting import act_as_migration
from atlas_workflows.recurring.occasion import due_occasion
from atlas_workflows.recurring.starting import ask_gate
from atlas_workflows.recurring.sweep import Swept, sweep

__all__ = ["gym"]  # a fixture
NINE = BEGIN.replace(hour=9, minute=0)
HOUR = timedelta(hours=1)


@pytest.fixture
def world(gym: PostgresWorld) -> PostgresWorld:
    leave_to_sweep(gym, ONE)
    act_as_migration(gym.connection)
    return gym


def swept(world: PostgresWorld, hours: int = 0) -> Swept:
    return sweep(world.connection, lambda: NINE + hours * HOUR, world.connection)


def test_everybody_is_enrolled_once_whoever_comes_first(world: PostgresWorld) -> None:
    which = published(world)
    sweep(world.connection, lambda: BEGIN, world.connection)
    assert swept(world).answers == {"from_buffer": 0, "asked": 1, "enrolments": 1}
    again = enrol(world, which, due_occasion(NINE))
    assert (again.matched, again.started) == (PEOPLE, PEOPLE)
    assert world.rows("SELECT count(*) FROM atlas.enrolments") == [(PEOPLE,)]
    go_to(world, NINE)
    assert outcomes(world, which, due_occasion(NINE)) == {"completed": PEOPLE}


def test_an_audience_waits_its_turn_too(world: PostgresWorld) -> None:
    which = published(world, wait("p", 90), cron="0 * * * *", overlap="buffer_one")
    sweep(world.connection, lambda: BEGIN, world.connection)
    assert swept(world).answers["asked"] == 1
    go_to(world, NINE)
    assert swept(world, 1).answers["buffered"] == 1
    assert ask_gate(world.connection, which, due_occasion(NINE + 2 * HOUR), NINE + HOUR).why.startswith(
        f"{PEOPLE} executions of earlier occurrences are under way, and another"
    )
    go_to(world, NINE + 2 * HOUR)
    done = swept(world, 2).answers
    assert (done["from_buffer"], done["enrolments"]) == (1, 1)
    assert world.rows("SELECT count(*) FROM atlas.enrolments") == [(2 * PEOPLE,)]

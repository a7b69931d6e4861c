"""A workflow that acts on the CRM, played by the worker's own parts on PostgreSQL; one action's worker dies after its write."""

import sys
from datetime import timedelta
from pathlib import Path

import pytest
from gym import Gym

from atlas_workflows.integrations.crm.contact import read_contact
from atlas_workflows.worker.model import Finished, NotSent, Performed
from crm_world import ANA, ONE

sys.path.append(str(Path(__file__).parents[1] / "worker"))
from workflows import line, node
from world import LEASE, NOON, PostgresWorld, play, wish, work

pytestmark = pytest.mark.postgres
STEPS = (
    node("score", "update_lead_score", operation="add", value=15),
    node("tag", "add_tags", tags=["warm"]),
    node("keep", "set_variable", name="kept", value="{{ contact.score }}"),
    node("task", "create_task", title="Call {{ contact.first_name }}: {{ variables.kept }}"),
)
KINDS = ("update_lead_score", "add_tags", "create_task")


def test_a_crash_between_the_write_and_its_word_writes_nothing_twice(gym: Gym) -> None:
    world = PostgresWorld(gym.dsn)
    contact = read_contact(gym.connection, ONE, ANA)
    (begun,) = world.start(wish(world.publish(line("w", *STEPS)), ANA, data={"contact": contact}))
    work(world)
    (dispatch,) = world.ledger.exchange((), {"update_lead_score": 1})
    lost = gym.performers["update_lead_score"].perform(dispatch)
    assert isinstance(lost, Performed)
    world.move_to(NOON + LEASE + timedelta(seconds=1))
    (stale,) = world.ledger.take_stale(10)
    assert gym.performers[stale.kind].may_repeat(stale)
    world.ledger.exchange([Finished(stale, NotSent())], {})
    play(world, KINDS, lambda effect: gym.performers[effect.kind].perform(effect))
    assert world.end(begun.execution) == ("completed", None)
    assert set(world.effects().values()) == {"done"}
    assert gym.one("SELECT score, tags FROM leads WHERE id = %s", ANA) == (55, ["vip", "warm"])
    assert gym.rows("SELECT title FROM tasks") == [("Call Ana: 55",)]
    world.close()

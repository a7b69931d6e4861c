"""A workflow that acts on the CRM, played by the worker's own parts on PostgreSQL; one action's worker dies after its write."""

import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from gym import Gym

from atlas_workflows.engine.events import Effect
from atlas_workflows.engine.limits import MAX_NESTED_WORKFLOWS
from atlas_workflows.engine.state import State
from atlas_workflows.graph.model import Trigger
from atlas_workflows.integrations.crm.contact import read_contact
from atlas_workflows.integrations.crm.writing import Writing, Written
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.performers.crm_action import CrmAction
from atlas_workflows.store.events import emit
from atlas_workflows.worker.model import Claimed, Finished, NotSent, Performed, Turn
from atlas_workflows.worker.outbox_lane import OutboxLane
from atlas_workflows.worker.turn import depth_of
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


def test_executions_that_make_each_other_begin_stop_at_the_bound(gym: Gym) -> None:
    """Each action of a workflow is an event that starts it again; who reads it is told which execution made it happen."""
    world = PostgresWorld(gym.dsn)
    again = line("w", node("n", "track_event", name="ping"))
    workflow = world.publish(replace(again, triggers=(Trigger("t", "event", {"name": "ping"}),)))
    emit(world.connection, ONE, "ping", ANA, {}, key="first")
    lane = OutboxLane(world.outbox, world.definitions, load_catalogue())
    rounds = 0
    while lane.round().started:
        rounds += 1
        play(world, ["track_event"], lambda effect: gym.performers[effect.kind].perform(effect))
    assert rounds == MAX_NESTED_WORKFLOWS + 1
    depths = world.rows("SELECT depth FROM atlas.event_outbox ORDER BY id")
    assert depths == [(None,), *((depth,) for depth in range(rounds))]
    reason, text, _ = world.refusals()[ANA, workflow]
    ((last,),) = world.rows("SELECT caused_by::text FROM atlas.event_outbox ORDER BY id DESC LIMIT 1")
    assert reason == "looping"
    assert f"Execution {last} made it happen, behind {MAX_NESTED_WORKFLOWS} others" in text
    world.close()


def test_a_chain_ends_where_its_execution_is_old() -> None:
    """Who waits between its rounds goes in no circle."""
    claimed = Claimed(ONE, "e", 1, started_at=NOON)
    turn = Turn(claimed, State("e", "w", "s", NOON, NOON, {}, {}, depth=7))
    for minutes, depth in ((60, 7), (61, 0)):
        effect = Effect("n", "add_note", "e/n", NOON + timedelta(minutes=minutes), {})
        assert depth_of(turn, effect) == depth


def test_a_fault_of_an_action_is_a_failure_because_nothing_was_written(gym: Gym) -> None:
    def broken(writing: Writing, content: Any) -> Written:
        writing.update(writing.person().table, writing.person().row, {"status": "qualified"})
        raise ZeroDivisionError

    action = gym.performers["update_lead_status"]
    assert isinstance(action, CrmAction)
    before = gym.one("SELECT status FROM leads WHERE id = %s", ANA)
    gym.performers["update_lead_status"] = replace(action, action=broken)
    answer = gym.refused("update_lead_status", {})
    assert (answer.cause, answer.may_retry) == ("engine", False)
    assert answer.message == "The action failed with ZeroDivisionError; nothing was written."
    assert gym.one("SELECT status FROM leads WHERE id = %s", ANA) == before
    assert gym.rows("SELECT 1 FROM atlas.crm_writes") == []

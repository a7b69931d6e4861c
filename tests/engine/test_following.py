"""Which executions may follow another version of their workflow, and that a pause does not count."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from playing import START, node, workflow

from atlas_workflows.engine.advance import advance, start
from atlas_workflows.engine.events import EffectDone, Woken
from atlas_workflows.engine.following import obstacle
from atlas_workflows.engine.program import Program
from atlas_workflows.engine.resuming import after_pause, asked_again, resumed
from atlas_workflows.engine.state import State, state_to_json
from atlas_workflows.graph.model import Node, Workflow
from atlas_workflows.graph.plan import Plan
from atlas_workflows.nodes.catalogue import load_catalogue

PAUSE = node("p", "wait", wait={"kind": "duration", "amount": 5, "unit": "minutes"})
LOOP = node("l", "loop", kind="count", count=2)


def begun(flow: Workflow) -> State:
    return start(Program(flow, load_catalogue()), "t", {}, START, execution="x", subject="c1").state


def asked(state: State, old: Workflow, new: Workflow) -> str | None:
    return obstacle(state_to_json(state), True, Plan(old), Plan(new))


def test_it_follows_where_its_place_is() -> None:
    old = workflow([PAUSE, node("a")], "t p a")
    assert asked(begun(old), old, old) is None
    assert asked(begun(old), old, workflow([node("new"), PAUSE], "t new p")) is None


@pytest.mark.parametrize(
    ("new", "said"),
    [
        (workflow([node("a")], "t a"), "the step p, which is gone"),
        (workflow([node("p")], "t p"), "was wait and is add_note now"),
    ],
)
def test_it_stays_where_its_place_is_gone(new: Workflow, said: str) -> None:
    old = workflow([PAUSE, node("a")], "t p a")
    assert said in str(asked(begun(old), old, new))


def test_a_round_stays_in_its_loop() -> None:
    old = workflow([LOOP, PAUSE, node("a")], "t l:body p", "l:done a")
    state = begun(old)
    assert asked(state, old, old) is None
    outside = workflow([LOOP, PAUSE, node("a")], "t l:body a", "l:done p")
    assert "does not hold it any more" in str(asked(state, old, outside))
    assert "the step l, which is gone" in str(asked(state, old, workflow([PAUSE], "t p")))


def test_what_has_not_begun_follows_where_its_trigger_is() -> None:
    flow, other = workflow([node("a")], "t a"), workflow([node("a")], "t a")
    gone = replace(other, triggers=())
    assert obstacle({"trigger": "t"}, False, Plan(flow), Plan(other)) is None
    assert obstacle({"trigger": None}, False, Plan(flow), Plan(gone)) is None
    assert "trigger t" in str(obstacle({"trigger": "t"}, False, Plan(flow), Plan(gone)))


def held(seconds: float) -> tuple[State, Program]:
    flow = workflow([replace(node("a"), timeout_seconds=60), PAUSE], "t a", "t p")
    return after_pause(begun(flow), START, START + timedelta(seconds=seconds)), Program(
        flow, load_catalogue()
    )


def test_a_pause_counts_neither_as_busy_nor_towards_a_timeout() -> None:
    state, program = held(3_600)
    gone_on = advance(program, state, Woken(), START + timedelta(seconds=3_659)).state
    assert (gone_on.outcome, gone_on.active_seconds) == (None, 59.0)
    assert [token.node for token in gone_on.tokens.values()] == ["a"], "the wait's time is over all the same"
    late = advance(program, state, Woken(), START + timedelta(seconds=3_660)).state
    assert late.outcome == "failed"
    assert after_pause(gone_on, START, START + timedelta(seconds=3_600)) is gone_on, "once"


def test_a_failed_one_asks_again_under_its_keys() -> None:
    """Whatever was under way; the state that it is made of stays as it is."""
    flow = workflow([node("a"), PAUSE], "t a", "t p")
    before = begun(flow)
    kept: Any = state_to_json(before)
    assert asked_again(before) == ["a"]
    program = Program(flow, load_catalogue())
    again = advance(program, resumed(before), Woken(), START)
    assert [effect.key for effect in again.effects] == ["x/a"]
    done = advance(program, again.state, EffectDone("x/a"), START).state
    assert [token.node for token in done.tokens.values()] == ["p"]
    assert state_to_json(before) == kept


def test_a_node_type_without_places_needs_none() -> None:
    flow = workflow([Node("a", "note", {}), PAUSE], "t p")
    assert asked(begun(flow), flow, workflow([PAUSE], "t p")) is None

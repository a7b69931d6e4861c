"""Hostile workflows and data end with a message that names the limit, and soon."""

import time
from decimal import Decimal
from typing import Any

import pytest
from playing import START, TRIGGER, node, play, workflow

from atlas_workflows.engine.advance import advance, start
from atlas_workflows.engine.events import EffectDone, Happened, Woken
from atlas_workflows.engine.limits import MAX_STEPS, weight
from atlas_workflows.engine.program import Program
from atlas_workflows.engine.state import state_to_json
from atlas_workflows.graph.model import Edge, Node, Workflow
from atlas_workflows.nodes.catalogue import load_catalogue

ALWAYS = {"field": "contact.name", "operator": "exists"}


@pytest.fixture(autouse=True)
def soon() -> Any:
    began = time.process_time()
    yield
    assert time.process_time() - began < 20


def direct(state: Any) -> Any:
    return state


def test_a_loop_without_end_is_stopped_by_max_iterations() -> None:
    loop = node("l", "loop", kind="while", condition=ALWAYS, max_iterations=1000)
    played = play(
        workflow([loop, node("a", "set_variable", name="x", value=1)], "t l:body a l"), between=direct
    )
    assert played.outcome == "completed"
    assert played.steps[-1].note == "1000 rounds. It was stopped after max_iterations (1000)."


def test_loops_inside_loops_are_stopped_by_the_number_of_steps() -> None:
    loops = [node(f"l{i}", "loop", kind="count", count=1000, max_iterations=1000) for i in range(5)]
    path = "t " + " ".join(f"l{i}:body" for i in range(5)) + " a"
    played = play(workflow([*loops, node("a", "set_variable", name="x", value=1)], path), between=direct)
    assert played.outcome == "failed"
    assert played.state.reason == f"The execution took more than {MAX_STEPS:,} steps (MAX_STEPS)."


def test_a_cycle_that_slipped_through_ends_too() -> None:
    found = workflow(
        [node("a", "set_variable", name="x", value=1), node("b", "set_variable", name="x", value=1)],
        "t a b a",
    )
    assert "MAX_STEPS" in str(play(found, between=direct).state.reason)


def test_tokens_that_double_at_every_step_are_stopped() -> None:
    nodes = [node(f"a{i}", "set_variable", name="x", value=1) for i in range(40)]
    doubling = [Edge(f"e{i}{j}", f"a{i}", f"a{i + 1}") for i in range(39) for j in range(2)]
    found = Workflow("w", "W", tuple(nodes), (Edge("s", "t", "a0"), *doubling), (TRIGGER,))
    played = play(found, between=direct)
    assert "MAX_TOKENS" in str(played.state.reason)


def test_five_thousand_nodes_in_a_row() -> None:
    nodes = tuple(Node(f"n{i}", "add_note", {"text": "x"}) for i in range(5000))
    chain = tuple(Edge(f"e{i}", f"n{i}", f"n{i + 1}") for i in range(4999))
    played = play(Workflow("w", "W", nodes, (Edge("s", "t", "n0"), *chain), (TRIGGER,)), between=direct)
    assert len(played.effects) == 5000


def test_two_hundred_loops_inside_each_other() -> None:
    loops = [node(f"l{i}", "loop", kind="count", count=1) for i in range(200)]
    played = play(workflow([*loops, node("a")], "t " + " ".join(f"l{i}:body" for i in range(200)) + " a"))
    assert [effect.node for effect in played.effects] == ["a"]
    assert played.outcome == "completed"


def test_hundreds_of_forks_inside_each_other() -> None:
    depth = 400
    nodes = [node(f"p{i}", "parallel") for i in range(depth)] + [node(f"m{i}", "merge") for i in range(depth)]
    inward = "t " + " ".join(f"p{i}:branch-0" for i in range(depth)) + f" m{depth - 1}"
    outward = [f"m{i + 1} m{i}" for i in range(depth - 1)]
    played = play(
        workflow(
            [*nodes, node("z")], inward, *outward, *[f"p{i}:branch-1 m{i}" for i in range(depth)], "m0 z"
        )
    )
    assert [effect.key for effect in played.effects] == ["x/z"]


def test_a_template_of_a_megabyte_fails_its_step_by_name() -> None:
    played = play(workflow([node("a", text="{{ contact.name }}" + "x" * 1_000_000)], "t a"))
    assert played.outcome == "failed"
    assert "MAX_TEMPLATE_CHARACTERS" in str(played.steps[0].error)


def test_a_text_that_doubles_in_every_round_is_stopped() -> None:
    loop = node("l", "loop", kind="count", count=100)
    grow = node("a", "set_variable", name="x", value="{{ variables.x }}{{ variables.x }}")
    found = workflow([node("s", "set_variable", name="x", value="0123456789"), loop, grow], "t s l:body a l")
    played = play(found, between=direct)
    assert played.outcome == "failed"
    assert "MAX_" in str(played.state.reason)


def test_a_structure_that_doubles_in_every_round_is_stopped() -> None:
    loop = node("l", "loop", kind="count", count=100)
    grow = node("a", "set_variable", name="x", value=["{{ variables.x }}", "{{ variables.x }}"])
    found = workflow([node("s", "set_variable", name="x", value="ab"), loop, grow], "t s l:body a l")
    played = play(found, between=direct)
    assert played.outcome == "failed"
    assert "MAX_STORED" in str(played.state.reason)


def test_a_structure_that_grows_deeper_in_every_round_is_stopped() -> None:
    loop = node("l", "loop", kind="count", count=1000, max_iterations=1000)
    grow = node("a", "set_variable", name="x", value=["{{ variables.x }}"])
    found = workflow([node("s", "set_variable", name="x", value="ab"), loop, grow], "t s l:body a l")
    assert "nested too deeply" in str(play(found, between=direct).state.reason)


def test_a_list_that_is_too_long_is_refused_by_name() -> None:
    loop = node("l", "loop", kind="for_each", items="contact.many")
    played = play(workflow([loop, node("a")], "t l:body a l"), data={"contact": {"many": [0] * 10_001}})
    assert "MAX_ITEMS" in str(played.state.reason)


def test_workflows_cannot_call_each_other_for_ever() -> None:
    program = Program(workflow([node("s", "sub_workflow", workflow_id="w")], "t s"), load_catalogue())
    deep = start(program, "t", {}, START, execution="x", subject="c", depth=10)
    assert "MAX_NESTED_WORKFLOWS" in str(deep.state.reason)
    allowed = start(program, "t", {}, START, execution="x", subject="c", depth=9)
    assert allowed.effects[0].content["depth"] == 10


def test_numbers_and_times_out_of_range_fail_their_step() -> None:
    huge = Decimal("9E+999999")
    data = {"contact": {"n": [huge, huge]}}
    total = {"kind": "aggregate", "source": "contact.n", "function": "sum", "output": "x"}
    assert "out of range" in str(
        play(workflow([node("a", "transform", operations=[total])], "t a"), data=data).state.reason
    )
    loop = node("l", "loop", kind="count", count="{{ contact.n[0] }}")
    assert "far too large" in str(play(workflow([loop, node("a")], "t l:body a"), data=data).state.reason)


def test_a_loop_of_long_waits_ends_before_the_calendar_does() -> None:
    loop = node("l", "loop", kind="count", count=1000, max_iterations=1000)
    wait = node("w", "wait", wait={"kind": "duration", "amount": 100, "unit": "months"})
    played = play(workflow([loop, wait], "t l:body w l"), between=direct)
    assert (played.outcome, played.state.reason) == ("failed", "It went beyond 9000 (LAST_YEAR).")


def test_instants_are_stored_as_texts() -> None:
    nodes = [
        node("a", "set_variable", name="x", value="{{ now }}"),
        node("b", text="{{ variables.x | date }}"),
    ]
    played = play(workflow(nodes, "t a b", timezone="Europe/London"))
    assert played.state.variables == {"x": "2026-03-02T09:00:00+00:00"}
    assert played.effects[0].content == {"text": "2 March 2026"}


def test_advance_leaves_the_given_state_as_it_is() -> None:
    wait = node("w", "wait", wait={"kind": "until_event", "events": [{"type": "a"}]})
    program = Program(
        workflow([wait, node("a", "set_variable", name="x", value=1)], "t w a"), load_catalogue()
    )
    state = start(program, "t", {"contact": {"n": 1}}, START, execution="x", subject="c").state
    before = state_to_json(state.copy())
    after = advance(program, state, Happened("a", START, {"contact": {"n": 2}}), START).state
    assert state_to_json(state) == before
    assert after.outcome == "completed"
    assert after.data["contact"] == {"n": 2}


def test_events_that_nobody_waits_for_change_nothing() -> None:
    program = Program(workflow([node("a")], "t a"), load_catalogue())
    state = start(program, "t", {}, START, execution="x", subject="c").state
    assert advance(program, state, Woken(), START).state == state
    assert advance(program, state, EffectDone("nobody"), START).state == state
    over = advance(program, state, EffectDone("x/a"), START).state
    assert over.outcome == "completed"
    assert advance(program, over, EffectDone("x/a"), START).state == over


def test_weight_counts_characters_and_members() -> None:
    assert weight("abc", 100) == 23
    assert weight({"ab": [1, 2]}, 100) == 82
    assert weight([0] * 200, 100) is None
    deep: Any = 1
    for _ in range(60):
        deep = [deep]
    assert weight(deep, 10_000) is None

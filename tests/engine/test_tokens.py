"""How tokens move: branches, forks, merges, loops, ends."""

import pytest
from playing import CONTACT, FALSE, START, TRUE, node, play, step_of, took, workflow

from atlas_workflows.graph.model import Node, Variable


def test_one_after_the_other() -> None:
    played = play(workflow([node("a"), node("b")], "t a b"))
    assert took(played) == ["a", "b"]
    assert played.outcome == "completed"
    assert played.state.finished_at == START
    assert [effect.key for effect in played.effects] == ["x/a", "x/b"]


def test_nothing_connected_is_complete_at_once() -> None:
    assert play(workflow([])).outcome == "completed"


@pytest.mark.parametrize(("condition", "way"), [(TRUE, ["q:true", "a"]), (FALSE, ["q:false", "b"])])
def test_a_condition_takes_exactly_one_way(condition: dict[str, object], way: list[str]) -> None:
    found = workflow(
        [node("q", "condition", condition=condition), node("a"), node("b")], "t q:true a", "q:false b"
    )
    assert took(play(found)) == way


@pytest.mark.parametrize(("mode", "quorum"), [("all", None), ("first", None), ("quorum", 2)])
def test_a_merge_goes_on_once(mode: str, quorum: int | None) -> None:
    merge = node("m", "merge", mode=mode, **({"quorum": quorum} if quorum else {}))
    found = workflow(
        [node("p", "parallel", branches=3), node("a"), node("b"), node("c"), merge, node("z")],
        "t p:branch-0 a m z", "p:branch-1 b m", "p:branch-2 c m",
    )  # fmt: skip
    played = play(found)
    assert took(played).count("z") == 1
    assert {"a", "b", "c"} <= set(took(played))
    assert played.outcome == "completed"


def test_a_merge_does_not_wait_for_a_branch_that_has_ended() -> None:
    gate = node("g", "filter", condition=FALSE)
    found = workflow(
        [node("p", "parallel", branches=2), node("a"), gate, node("m", "merge"), node("z")],
        "t p:branch-0 a m z", "p:branch-1 g m",
    )  # fmt: skip
    assert took(play(found)) == ["p:branch-0, branch-1", "g:rejected", "a", "m", "z"]


def test_a_merge_waits_for_a_branch_that_waits() -> None:
    wait = node("w", "wait", wait={"kind": "duration", "amount": 2, "unit": "hours"})
    found = workflow(
        [node("p", "parallel", branches=2), node("a"), wait, node("m", "merge"), node("z")],
        "t p:branch-0 a m z", "p:branch-1 w m",
    )  # fmt: skip
    played = play(found)
    assert took(played) == ["p:branch-0, branch-1", "a", "w", "m", "z"]
    assert played.state.finished_at is not None
    assert (played.state.finished_at - START).total_seconds() == 7200


def test_a_merge_with_a_timeout_leaves_by_timeout_and_absorbs_what_comes_later() -> None:
    wait = node("w", "wait", wait={"kind": "duration", "amount": 2, "unit": "hours"})
    found = workflow(
        [node("p", "parallel", branches=2), node("a"), wait, node("m", "merge", timeout_seconds=60), node("z"), node("y")],
        "t p:branch-0 a m z", "p:branch-1 w m:timeout y",
    )  # fmt: skip
    assert took(play(found)) == ["p:branch-0, branch-1", "a", "m:timeout", "y", "w"]


def test_a_quorum_that_cannot_be_reached_fails() -> None:
    found = workflow(
        [node("p", "parallel", branches=2), node("g", "filter", condition=FALSE), node("m", "merge", mode="quorum", quorum=2), node("z")],
        "t p:branch-0 m z", "p:branch-1 g m",
    )  # fmt: skip
    played = play(found)
    assert played.outcome == "failed"
    assert played.steps[-1].error == "quorum: 1 branches came, 2 are needed, and no other can come."


def test_nested_merges_go_on_in_turn() -> None:
    found = workflow(
        [node("p", "parallel"), node("q", "parallel"), node("a"), node("b"), node("c"), node("m", "merge"), node("n", "merge"), node("z")],
        "t p:branch-0 q:branch-0 a m n z", "q:branch-1 b m", "p:branch-1 c n",
    )  # fmt: skip
    assert took(play(found))[-3:] == ["m", "n", "z"]


def test_branches_without_a_merge_execute_what_follows_once_each_under_different_keys() -> None:
    played = play(workflow([node("a"), node("b"), node("z")], "t a z", "t b z"))
    assert [effect.key for effect in played.effects] == ["x/a", "x/b", "x/z", "x/z#2"]


def test_for_each_goes_through_the_items_in_order() -> None:
    loop = node("l", "loop", kind="for_each", items="contact.visits", item_variable="visit")
    text = "{{ item.n }}/{{ loop.total }} {{ loop.is_first }} {{ loop.is_last }} {{ variables.visit.n }} {{ index }}"
    found = workflow(
        [loop, node("a", text=text), node("z", text="{{ nodes.l.rounds }}")], "t l:body a l", "l:done z"
    )
    played = play(found)
    assert [effect.content["text"] for effect in played.effects] == [
        "1/3 true false 1 0", "2/3 false false 2 1", "3/3 false true 3 2", "3",
    ]  # fmt: skip
    assert [step.iteration for step in played.steps if step.node == "a"] == [0, 1, 2]
    assert [effect.key for effect in played.effects] == ["x/a/0", "x/a/1", "x/a/2", "x/z"]


def test_a_body_that_does_not_lead_back_ends_its_round_all_the_same() -> None:
    loop = node("l", "loop", kind="count", count=2)
    assert took(play(workflow([loop, node("a"), node("z")], "t l:body a", "l:done z"))) == [
        "a",
        "a",
        "l:done",
        "z",
    ]


def test_while_asks_before_each_round_and_sees_what_the_body_changed() -> None:
    loop = node(
        "l", "loop", kind="while", condition={"field": "contact.score", "operator": "less_than", "value": 70}
    )
    found = workflow([loop, node("a", "update_lead_score", value=10)], "t l:body a l")
    played = play(found)
    assert [effect.kind for effect in played.effects] == ["update_lead_score"] * 3
    assert played.state.data["contact"]["score"] == 70
    assert CONTACT["score"] == 40


def test_break_when_is_asked_after_a_round() -> None:
    loop = node(
        "l", "loop", kind="for_each", items="contact.visits",
        break_when={"field": "item.n", "operator": "equals", "value": 2},
    )  # fmt: skip
    played = play(workflow([loop, node("a")], "t l:body a l"))
    assert took(played) == ["a", "a", "l:done"]
    assert played.steps[-1].note == "2 rounds. It was broken off by break_when."


def test_what_is_beyond_max_iterations_is_dropped_and_said() -> None:
    loop = node("l", "loop", kind="count", count="{{ contact.score }}", max_iterations=3)
    played = play(workflow([loop, node("a")], "t l:body a l"))
    assert played.steps[-1].output == {"rounds": 3, "dropped": 37}


def test_a_loop_over_nothing_goes_straight_on() -> None:
    loop = node("l", "loop", kind="count", count=0)
    assert took(play(workflow([loop, node("a"), node("z")], "t l:body a l", "l:done z"))) == ["l:done", "z"]


def test_loops_inside_loops_name_every_round() -> None:
    outer, inner = node("o", "loop", kind="count", count=2), node("i", "loop", kind="count", count=2)
    played = play(workflow([outer, inner, node("a")], "t o:body i:body a i:done o"))
    assert [effect.key for effect in played.effects] == ["x/a/0/0", "x/a/0/1", "x/a/1/0", "x/a/1/1"]


def test_an_edge_from_an_inner_body_to_the_outer_loop_ends_the_inner_round() -> None:
    outer, inner = node("o", "loop", kind="count", count=2), node("i", "loop", kind="count", count=2)
    played = play(workflow([outer, inner, node("a")], "t o:body i:body a o"))
    assert [effect.key for effect in played.effects] == ["x/a/0/0", "x/a/0/1", "x/a/1/0", "x/a/1/1"]


def test_a_merge_inside_a_loop_starts_anew_in_every_round() -> None:
    found = workflow(
        [node("l", "loop", kind="count", count=3), node("p", "parallel"), node("a"), node("b"), node("m", "merge"), node("z")],
        "t l:body p:branch-0 a m z l", "p:branch-1 b m",
    )  # fmt: skip
    assert [e.key for e in play(found).effects if e.node == "z"] == ["x/z/0", "x/z/1", "x/z/2"]


def test_forks_inside_forks_inside_a_loop_wait_for_their_own_branches_only() -> None:
    found = workflow(
        [node("l", "loop", kind="count", count=2), node("p", "parallel"), node("q", "parallel"), node("a"), node("b"), node("c"), node("m", "merge"), node("n", "merge")],
        "t l:body p:branch-0 a m l", "p:branch-1 q:branch-0 b n m", "q:branch-1 c n",
    )  # fmt: skip
    played = play(found)
    assert played.outcome == "completed"
    assert [(step.node, step.iteration) for step in played.steps if step.type == "merge"] == [
        ("n", 0), ("m", 0), ("n", 1), ("m", 1),
    ]  # fmt: skip


def test_end_ends_the_other_branches_too() -> None:
    wait = node("w", "wait", wait={"kind": "duration", "amount": 1, "unit": "days"})
    played = play(workflow([wait, node("a"), node("e", "end", outcome="sold")], "t w a", "t e"))
    assert played.outcome == "sold"
    assert [(step.node, step.status) for step in played.steps] == [("e", "completed"), ("w", "cancelled")]
    assert played.effects == []


def test_a_goal_ends_only_when_it_is_reached() -> None:
    nodes = [
        node("g", "goal", name="Joined", condition=FALSE),
        node("h", "goal", name="Named", condition=TRUE),
        node("a"),
    ]
    played = play(workflow(nodes, "t g h a"))
    assert played.outcome == "goal_reached"
    assert took(played) == ["g", "h"]


def test_what_is_switched_off_unknown_or_skipped_is_passed_through() -> None:
    nodes = [
        Node("off", "send_email", {}, enabled=False),
        node("old", "unknown", legacy_type="sql"),
        node("s", text="x", skip_unless=FALSE),
        Node("q", "condition", {}, enabled=False),
        node("z"),
    ]
    played = play(workflow(nodes, "t off old s q:false z"))
    assert [(step.node, step.status) for step in played.steps] == [
        ("off", "skipped"), ("old", "skipped"), ("s", "skipped"), ("q", "skipped"), ("z", "completed"),
    ]  # fmt: skip
    assert [effect.node for effect in played.effects] == ["z"]


def test_a_required_variable_without_a_value_stops_the_execution_before_it_starts() -> None:
    found = workflow([node("a")], "t a", variables=(Variable("gym", required=True),))
    assert play(found).outcome == "failed"
    assert play(found, data={"variables": {"gym": "Iron"}}).outcome == "completed"


def test_an_id_with_the_separators_of_keys_cannot_take_the_key_of_another_step() -> None:
    loop = node("l", "loop", kind="count", count=1)
    played = play(workflow([loop, node("a"), node("a/0")], "t l:body a l:done a/0"))
    assert len({effect.key for effect in played.effects}) == 2


def test_a_late_branch_of_a_merge_that_has_gone_on_keeps_nobody_waiting() -> None:
    slow = node("w", "wait", wait={"kind": "duration", "amount": 3, "unit": "days"})
    nodes = [node("p", "parallel", branches=2), node("q", "parallel", branches=2), slow]
    nodes += [node("f", "merge", mode="first"), node("m", "merge", mode="all"), node("z")]
    found = workflow(nodes, "t p:branch-0 m z", "p:branch-1 q:branch-0 f m", "q:branch-1 w f")
    played = play(found)
    assert step_of(played, "z").finished_at == START
    assert [step.node for step in played.steps if step.node == "z"] == ["z"]
    assert played.outcome == "completed"

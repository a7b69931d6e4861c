"""Workflows that start others: sub-workflows and error workflows, entered on one virtual clock."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from playing import START, edges, node, play, through_json, took, workflow

from atlas_workflows.engine.advance import advance, start
from atlas_workflows.engine.events import Cancelled, Happened
from atlas_workflows.engine.limits import MAX_NESTED_WORKFLOWS
from atlas_workflows.engine.program import Program
from atlas_workflows.engine.simulation import MAX_ALL_STEPS, Simulation, simulate
from atlas_workflows.graph.model import ErrorMode, Node, RetryPolicy, Settings, Trigger, Variable, Workflow
from atlas_workflows.nodes.catalogue import load_catalogue

TWO_DAYS = {"kind": "duration", "amount": 2, "unit": "days"}
ANSWER = {"kind": "until_event", "events": [{"type": "message_received"}]}


def named(found: Workflow, name: str) -> Workflow:
    return replace(found, id=name, name=name.title())


def calls(name: str, step: str = "call", **more: Any) -> Node:
    return node(step, "sub_workflow", workflow_id=name, **more)


def together(first: Workflow, *others: Workflow, events: Iterable[Happened] = (), **more: Any) -> Simulation:
    programs = {other.id: Program(other, load_catalogue()) for other in (first, *others)}
    return simulate(
        programs[first.id], "t", {"contact": {"id": "c1", "name": "Ana"}}, START,
        execution="x", subject="c1", events=events, library=programs.get, **{"between": through_json, **more},
    )  # fmt: skip


def test_a_sub_workflow_is_entered_and_its_result_comes_back() -> None:
    inner = named(
        workflow(
            [node("w", "wait", wait=TWO_DAYS), node("set", "set_variable", name="greeting", value="Hi {{ trigger.who }}")],
            "t w set",
        ),
        "inner",
    )  # fmt: skip
    outer = workflow(
        [calls("inner", input={"who": "{{ contact.name }}"}, output="told"), node("z", text="{{ variables.told.variables.greeting }}")],
        "t call z",
    )  # fmt: skip
    played = together(outer, inner)
    assert played.outcome == "completed"
    assert [effect.content for effect in played.effects if effect.node == "z"] == [{"text": "Hi Ana"}]
    assert played.state.outputs["call"]["outcome"] == "completed"
    # Two days in the sub-workflow are waiting, so the five minutes of max_execution_seconds are not touched.
    assert played.state.finished_at == START + timedelta(days=2)
    [nested] = played.nested
    assert (nested.workflow.id, took(nested), nested.is_awaited) == ("inner", ["w", "set"], True)
    assert nested.state.execution == played.state.outputs["call"]["execution"]
    assert [step.node for _, step in played.story] == ["w", "set", "call", "z"]
    assert not played.remarks


def test_the_same_execution_starts_the_same_sub_execution() -> None:
    inner, outer = named(workflow([node("a")], "t a"), "inner"), workflow([calls("inner")], "t call")
    first, second = together(outer, inner), together(outer, inner)
    assert first.nested[0].state == second.nested[0].state


def test_what_nobody_gave_is_planned_and_said_so() -> None:
    played = play(workflow([calls("elsewhere"), node("z")], "t call z"))
    assert (played.outcome, took(played), played.nested) == ("completed", ["call", "z"], [])
    assert played.remarks == {"x/call": "Planned, not entered: the workflow elsewhere was not given."}


def test_one_that_is_not_waited_for_runs_beside() -> None:
    inner = named(workflow([node("w", "wait", wait=TWO_DAYS), node("a")], "t w a"), "inner")
    played = together(workflow([calls("inner", wait_for_result=False), node("z")], "t call z"), inner)
    assert played.state.finished_at == START
    assert played.nested[0].state.finished_at == START + timedelta(days=2)
    assert played.state.outputs["call"] == {"execution": played.nested[0].state.execution}


@pytest.mark.parametrize(
    ("mode", "outcome", "after"), [(None, "failed", []), (ErrorMode.CONTINUE, "completed", ["z"])]
)
def test_a_sub_workflow_that_fails_fails_its_step(
    mode: ErrorMode | None, outcome: str, after: list[str]
) -> None:
    inner = named(workflow([node("bad", "send_sms", message=3)], "t bad"), "inner")
    step = replace(calls("inner"), on_error=mode)
    played = together(workflow([step, node("z")], "t call z"), inner)
    assert played.outcome == outcome
    assert took(played) == after
    assert str(played.steps[0].error).startswith("sub_workflow: Inner failed. bad: message")


def test_a_named_outcome_of_a_sub_workflow_is_no_failure() -> None:
    inner = named(workflow([node("stop", "end", outcome="not_interested")], "t stop"), "inner")
    played = together(workflow([calls("inner"), node("z")], "t call z"), inner)
    assert (played.outcome, played.state.outputs["call"]["outcome"]) == ("completed", "not_interested")


def test_both_hear_the_events_and_know_what_the_other_learnt() -> None:
    inner = named(
        workflow([node("w", "wait", wait=ANSWER), node("tag", "add_tags", tags=["asked"])], "t w tag"),
        "inner",
    )
    has_both = {"operator": "and", "conditions": [
        {"field": "contact.tags", "operator": "has_tag", "value": "asked"},
        {"field": "contact.phone", "operator": "equals", "value": "07"}]}  # fmt: skip
    outer = workflow([calls("inner"), node("c", "condition", condition=has_both)], "t call c")
    happened = Happened("message_received", START + timedelta(hours=3), {"contact": {"phone": "07"}})
    assert took(together(outer, inner, events=[happened])) == ["call", "c:true"]
    silent = together(outer, inner)
    assert (silent.outcome, silent.nested[0].outcome) == ("waiting", "waiting")
    assert [wait.node for wait in silent.nested[0].waits] == ["w"]


def test_workflows_that_call_each_other_stop_at_the_bound() -> None:
    endless = workflow([calls("w"), node("z")], "t call z")
    played = together(endless)
    assert played.outcome == "failed"
    assert len(played.nested) == MAX_NESTED_WORKFLOWS
    assert "MAX_NESTED_WORKFLOWS" in str(played.nested[-1].state.reason)


def test_an_error_workflow_is_entered_with_the_error() -> None:
    rescue = named(
        workflow([node("tell", text="{{ trigger.error.node }}: {{ trigger.error.message }}")], "t tell"),
        "rescue",
    )
    settings = Settings(error_mode=ErrorMode.WORKFLOW, error_workflow_id="rescue")
    broken = Workflow("w", "W", (node("a"),), edges("t a"), (Trigger("t", "manual", {}),), (), settings)
    played = together(broken, rescue, failures={"a": 1})
    assert played.outcome == "failed"
    [nested] = played.nested
    assert [effect.content["text"] for effect in nested.effects] == ["a: The provider failed, as asked for."]
    assert not nested.is_awaited


def test_an_error_workflow_that_fails_and_names_itself_comes_to_an_end() -> None:
    settings = Settings(error_mode=ErrorMode.WORKFLOW, error_workflow_id="w")
    broken = Workflow(
        "w",
        "W",
        (node("a", "send_sms", message=3),),
        edges("t a"),
        (Trigger("t", "manual", {}),),
        (),
        settings,
    )
    played = together(broken)
    assert [nested.outcome for nested in played.nested] == ["failed"] * MAX_NESTED_WORKFLOWS
    assert "The error workflow is not started" in str(played.nested[-1].state.reason)


def test_an_execution_that_ends_takes_those_it_waits_for_with_it() -> None:
    inner = named(workflow([node("w", "wait", wait=TWO_DAYS), node("a")], "t w a"), "inner")
    short = node("short", "wait", wait={"kind": "duration", "amount": 1, "unit": "hours"})
    both = [node("p", "parallel", branches=2), calls("inner"), short, node("stop", "end")]
    played = together(workflow(both, "t p:branch-0 call", "p:branch-1 short stop"), inner)
    assert (played.outcome, played.nested[0].outcome) == ("completed", "cancelled")
    assert played.nested[0].state.finished_at == START + timedelta(hours=1)
    assert not played.nested[0].effects


def test_a_sub_workflow_without_a_trigger_that_is_on_is_only_planned() -> None:
    asleep = replace(
        workflow([node("a")], "t a"), id="inner", triggers=(Trigger("t", "manual", {}, enabled=False),)
    )
    played = together(workflow([calls("inner")], "t call"), asleep)
    assert "no trigger of the workflow inner is switched on" in played.remarks["x/call"]


def test_a_sub_workflow_begins_at_its_manual_trigger() -> None:
    triggers = (Trigger("new", "lead_created", {}), Trigger("hand", "manual", {}))
    inner = Workflow(
        "inner", "Inner", (node("a"), node("b")), edges("new a", "hand b"), triggers, (), Settings()
    )
    assert took(together(workflow([calls("inner")], "t call"), inner).nested[0]) == ["b"]


def test_a_required_variable_without_a_value_fails_the_sub_workflow() -> None:
    inner = named(
        workflow([node("a")], "t a", variables=(Variable("offer", "string", required=True),)), "inner"
    )
    played = together(workflow([calls("inner")], "t call"), inner)
    assert "The variable offer is required" in str(played.steps[0].error)


def test_all_executions_together_are_bounded() -> None:
    body = [
        node("l", "loop", kind="count", count=900, max_iterations=900),
        node("a", "set_variable", name="n", value=1),
    ]
    inner = named(workflow(body, "t l:body a l"), "inner")
    outer = workflow([*body[:1], calls("inner")], "t l:body call l")
    played = together(outer, inner)
    assert (played.outcome, "MAX_ALL_STEPS" in str(played.state.reason)) == ("failed", True)
    assert len(played.story) < MAX_ALL_STEPS + 1_000


def test_cancelling_ends_an_execution_once() -> None:
    program = Program(workflow([node("w", "wait", wait=TWO_DAYS)], "t w"), load_catalogue())
    begun = start(program, "t", {}, START, execution="x", subject="c")
    ended = advance(program, begun.state, Cancelled("Nobody wants it."), START)
    assert (ended.state.outcome, ended.state.reason) == ("cancelled", "Nobody wants it.")
    assert [step.status for step in ended.steps] == ["cancelled"]
    assert begun.state.outcome is None
    again = advance(program, ended.state, Cancelled("Twice."), START)
    assert again.state.reason == "Nobody wants it."


@pytest.mark.parametrize(
    ("attempts", "delay", "outcome", "hours"),
    [(2, 3_600, "failed", 3), (6, 3_600, "completed", 6.5), (2, 86_400, "completed", 25)],
)
def test_another_attempt_waits_for_the_execution_that_the_first_has_started(
    attempts: int, delay: int, outcome: str, hours: float
) -> None:
    long = {"kind": "duration", "amount": 390, "unit": "minutes"}
    inner = named(workflow([node("a"), node("w", "wait", wait=long), node("b")], "t a w b"), "inner")
    retry = RetryPolicy(attempts=attempts, backoff="fixed", delay_seconds=delay, max_delay_seconds=delay)
    call = replace(calls("inner"), timeout_seconds=3_600, retry=retry)
    outer = workflow([call], "t call", max_execution_seconds=1_000_000)
    played = together(outer, inner)
    assert (played.outcome, played.state.finished_at) == (outcome, START + timedelta(hours=hours))
    assert len(played.nested) == len(played.effects) == 1

"""Retry policies, error modes and timeouts: every pair of the matrix."""

from dataclasses import replace
from datetime import timedelta

import pytest
from playing import START, TRIGGER, edges, failing, node, play, took, workflow

from atlas_workflows.engine.advance import advance, start
from atlas_workflows.engine.behaviour import StepFailed
from atlas_workflows.engine.events import EffectDone, Woken
from atlas_workflows.engine.program import Program
from atlas_workflows.engine.retry import delay_before, error_policy
from atlas_workflows.graph.model import ErrorMode, Node, RetryPolicy, Settings, Workflow
from atlas_workflows.nodes.catalogue import load_catalogue

POLICIES = {
    "none": None,
    "one attempt": RetryPolicy(attempts=1),
    "three attempts": RetryPolicy(attempts=3, delay_seconds=1),
}
# mode -> policy -> attempts made when the provider never answers
ATTEMPTS = {
    ErrorMode.STOP: {"none": 1, "one attempt": 1, "three attempts": 3},
    ErrorMode.CONTINUE: {"none": 1, "one attempt": 1, "three attempts": 3},
    ErrorMode.RETRY: {"none": 3, "one attempt": 1, "three attempts": 3},
    ErrorMode.PORT: {"none": 1, "one attempt": 1, "three attempts": 3},
    ErrorMode.WORKFLOW: {"none": 1, "one attempt": 1, "three attempts": 3},
}
# mode -> (outcome, what is completed after the failure, kinds of effects)
AFTERWARDS = {
    ErrorMode.STOP: ("failed", [], []),
    ErrorMode.CONTINUE: ("completed", ["z"], ["add_note"]),
    ErrorMode.RETRY: ("failed", [], []),
    ErrorMode.PORT: ("completed", ["e"], ["add_note"]),
    ErrorMode.WORKFLOW: ("failed", [], ["start_workflow"]),
}
MATRIX = [(mode, name) for mode in ErrorMode for name in POLICIES]


def one_that_fails(mode: ErrorMode | None, own: RetryPolicy | None, /, **settings: object) -> Workflow:
    nodes = [failing("a", mode, own), node("z"), node("e")]
    settings.setdefault("error_workflow_id", "rescue")
    return workflow(nodes, "t a z", "a:error e", **settings)


@pytest.mark.parametrize(("mode", "policy"), MATRIX)
def test_a_provider_that_never_answers(mode: ErrorMode, policy: str) -> None:
    played = play(one_that_fails(mode, POLICIES[policy]), fail={"a": 99})
    outcome, completed, kinds = AFTERWARDS[mode]
    assert [step.status for step in played.steps if step.node == "a"] == ["failed"] * ATTEMPTS[mode][policy]
    assert played.outcome == outcome
    assert took(played) == completed
    assert [effect.kind for effect in played.effects] == kinds


@pytest.mark.parametrize(("mode", "policy"), MATRIX)
def test_a_provider_that_answers_at_the_second_attempt(mode: ErrorMode, policy: str) -> None:
    played = play(one_that_fails(mode, POLICIES[policy]), fail={"a": 1})
    if ATTEMPTS[mode][policy] == 1:
        assert played.outcome == AFTERWARDS[mode][0]
    else:
        assert took(played) == ["a", "z"]
        assert [effect.key for effect in played.effects] == ["x/a", "x/z"]
        assert [step.attempt for step in played.steps] == [1, 2, 1]


@pytest.mark.parametrize("mode", list(ErrorMode))
def test_the_workflows_settings_count_where_the_node_has_none(mode: ErrorMode) -> None:
    own = play(one_that_fails(mode, POLICIES["three attempts"]), fail={"a": 99})
    inherited = play(
        one_that_fails(None, None, error_mode=mode, retry=POLICIES["three attempts"]), fail={"a": 99}
    )
    assert inherited.steps == own.steps
    assert inherited.outcome == own.outcome


def test_an_error_port_that_is_not_connected_stops_the_execution() -> None:
    played = play(workflow([failing("a", ErrorMode.PORT, None), node("z")], "t a z"), fail={"a": 1})
    assert played.outcome == "failed"


def test_the_error_can_be_read_behind_the_error_port() -> None:
    nodes = [
        failing("a", ErrorMode.PORT, None),
        node("e", text="{{ nodes.a.error_class }}: {{ nodes.a.error }}"),
    ]
    played = play(workflow(nodes, "t a:error e"), fail={"a": 1})
    assert played.effects[0].content == {"text": "provider: The provider failed, as asked for."}


def test_the_error_workflow_is_told_what_failed() -> None:
    effect = play(one_that_fails(ErrorMode.WORKFLOW, None), fail={"a": 1}).effects[0]
    assert effect.key == "x/a!error"
    assert effect.content["workflow_id"] == "rescue"
    assert effect.content["input"]["error"]["node"] == "a"


def test_without_an_error_workflow_the_mode_is_like_stop() -> None:
    played = play(one_that_fails(ErrorMode.WORKFLOW, None, error_workflow_id=None), fail={"a": 1})
    assert (played.outcome, played.effects) == ("failed", [])


def test_a_failure_cancels_what_is_still_going_on() -> None:
    wait = node("w", "wait", wait={"kind": "duration", "amount": 1, "unit": "days"})
    played = play(workflow([wait, node("a")], "t w", "t a"), fail={"a": 1})
    assert [(step.node, step.status) for step in played.steps] == [("a", "failed"), ("w", "cancelled")]


def test_what_trying_again_cannot_cure_is_tried_once() -> None:
    loop = Node("l", "loop", {"kind": "for_each", "items": "contact.name"}, retry=RetryPolicy(attempts=5))
    played = play(workflow([loop, node("a")], "t l:body a l"))
    assert [step.error for step in played.steps] == ["data: There is no list at contact.name."]


def test_a_step_that_failed_and_goes_on_leaves_a_loop_by_done() -> None:
    loop = Node("l", "loop", {"kind": "for_each", "items": "contact.name"}, on_error=ErrorMode.CONTINUE)
    assert took(play(workflow([loop, node("a"), node("z")], "t l:body a l", "l:done z"))) == ["z"]


def test_delays_grow_as_the_policy_says() -> None:
    failure = StepFailed("provider", "no", may_retry=True)

    def delays(policy: RetryPolicy) -> list[float | None]:
        found = (delay_before(policy, attempt, failure, "k") for attempt in range(1, 5))
        return [None if delay is None else delay.total_seconds() for delay in found]

    assert delays(RetryPolicy(4, "fixed", 2)) == [2, 2, 2, None]
    assert delays(RetryPolicy(4, "linear", 2)) == [2, 4, 6, None]
    assert delays(RetryPolicy(4, "exponential", 2)) == [2, 4, 8, None]
    assert delays(RetryPolicy(4, "exponential", 2, max_delay_seconds=5)) == [2, 4, 5, None]
    jittered = delays(RetryPolicy(4, "fixed", 2, jitter=True))
    assert jittered == delays(RetryPolicy(4, "fixed", 2, jitter=True))
    assert all(delay is not None and 1 <= delay <= 2 for delay in jittered[:3])
    assert len(set(jittered[:3])) == 3


def test_only_the_classes_named_are_tried_again() -> None:
    policy = RetryPolicy(attempts=3, retry_on=("timeout",))
    assert delay_before(policy, 1, StepFailed("timeout", "", may_retry=True), "k") == timedelta(seconds=1)
    assert delay_before(policy, 1, StepFailed("provider", "", may_retry=True), "k") is None
    assert delay_before(policy, 1, StepFailed("timeout", "", may_retry=False), "k") is None


def test_a_nodes_own_policy_wins() -> None:
    own, shared = RetryPolicy(attempts=5), RetryPolicy(attempts=2)
    settings = Settings(error_mode=ErrorMode.CONTINUE, retry=shared)
    assert error_policy(Node("a", "x", {}, retry=own), settings).retry is own
    assert error_policy(Node("a", "x", {}, on_error=ErrorMode.STOP), settings).mode is ErrorMode.STOP
    assert error_policy(Node("a", "x", {}), settings).retry is shared


def test_time_between_attempts_counts_towards_the_longest_execution() -> None:
    slow = RetryPolicy(attempts=20, backoff="fixed", delay_seconds=60, max_delay_seconds=60)
    played = play(one_that_fails(ErrorMode.STOP, slow), fail={"a": 99})
    assert played.outcome == "timeout"
    assert played.state.finished_at == START + timedelta(seconds=300)
    assert [step.status for step in played.steps] == ["failed"] * 5 + ["cancelled"]
    assert [step.attempt for step in played.steps] == [1, 2, 3, 4, 5, 6]
    assert played.steps[-1].started_at == played.state.finished_at


def test_waiting_does_not_count_towards_the_longest_execution() -> None:
    wait = node("w", "wait", wait={"kind": "duration", "amount": 18, "unit": "months"})
    played = play(workflow([wait, node("a")], "t w a"))
    assert played.outcome == "completed"
    assert str(played.state.finished_at) == "2027-09-02 09:00:00+00:00"


def test_a_failing_step_keeps_its_key_so_that_the_provider_can_recognise_it() -> None:
    played = play(one_that_fails(ErrorMode.STOP, POLICIES["three attempts"]), fail={"a": 2})
    assert {step.key for step in played.steps if step.node == "a"} == {"x/a"}


def test_an_attempt_that_takes_too_long_has_failed_and_is_tried_again() -> None:
    slow = failing("a", None, RetryPolicy(attempts=2, delay_seconds=5), timeout_seconds=30)
    program = Program(workflow([slow, node("z")], "t a z"), load_catalogue())
    begun = start(program, "t", {}, START, execution="x", subject="c")
    assert begun.wake_at == START + timedelta(seconds=30)
    late = advance(program, begun.state, Woken(), START + timedelta(seconds=30))
    assert late.steps[0].error == "timeout: It took longer than timeout_seconds."
    assert late.wake_at == START + timedelta(seconds=35)
    again = advance(program, late.state, Woken(), START + timedelta(seconds=35))
    assert [effect.key for effect in again.effects] == ["x/a"]
    reported = advance(program, again.state, EffectDone("x/a", {"id": 7}), START + timedelta(seconds=36))
    assert [(step.attempt, step.status) for step in reported.steps] == [(2, "completed")]
    assert reported.state.outputs["a"] == {"id": 7}
    assert reported.state.active_seconds == 36


def test_a_report_that_comes_after_the_timeout_is_ignored() -> None:
    slow = failing("a", ErrorMode.CONTINUE, None, timeout_seconds=30)
    program = Program(workflow([slow, node("z")], "t a z"), load_catalogue())
    begun = start(program, "t", {}, START, execution="x", subject="c")
    late = advance(program, begun.state, Woken(), START + timedelta(seconds=30))
    ignored = advance(program, late.state, EffectDone("x/a"), START + timedelta(seconds=31))
    assert (ignored.steps, ignored.effects) == ((), ())


def test_a_workflow_that_starts_with_a_broken_node_fails_there() -> None:
    broken = Workflow("w", "W", (Node("a", "send_sms", {"message": 3}),), edges("t a"), (TRIGGER,))
    played = play(broken)
    assert played.outcome == "failed"
    assert played.steps[0].error is not None
    assert played.steps[0].error.startswith("configuration: message must be a text")
    unknown = replace(broken, nodes=(Node("a", "teleport", {}),))
    assert play(unknown).steps[0].status == "skipped"

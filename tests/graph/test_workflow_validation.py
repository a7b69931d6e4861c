"""Each planted problem is found, at its node, with its code; a right workflow has no errors."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlas_workflows.graph.model import (
    Edge,
    ErrorMode,
    Node,
    Problem,
    RetryPolicy,
    Settings,
    Severity,
    Trigger,
    Variable,
    Workflow,
)
from atlas_workflows.graph.retries import attempt_cut_off, seconds_after
from atlas_workflows.graph.validate import is_valid, validate
from atlas_workflows.nodes.catalogue import load_catalogue

TRIGGER = Trigger("t", "manual", {})


def node(step: str, kind: str = "add_note", /, **parameters: Any) -> Node:
    return Node(step, kind, {"text": "x"} if kind == "add_note" and not parameters else parameters)


def edge(source: str, target: str, port: str = "main") -> Edge:
    return Edge(f"{source}.{port}-{target}", source, target, port)


def check(*nodes: Node, edges: list[Edge], **rest: Any) -> list[Problem]:
    rest.setdefault("triggers", (TRIGGER,))
    return validate(Workflow("w", "W", nodes=nodes, edges=tuple(edges), **rest), load_catalogue())


def found(problems: list[Problem]) -> set[tuple[str, str, str | None]]:
    return {(problem.severity.value, problem.code, problem.node) for problem in problems}


def test_a_right_workflow_has_no_problem() -> None:
    problems = check(node("a"), node("b"), edges=[edge("t", "a"), edge("a", "b")])
    assert problems == []


def test_no_trigger() -> None:
    assert ("error", "NO_TRIGGER", None) in found(check(node("a"), edges=[], triggers=()))


def test_several_triggers_only_warn() -> None:
    problems = check(
        node("a"), edges=[edge("t", "a"), edge("u", "a")], triggers=(TRIGGER, Trigger("u", "manual", {}))
    )
    assert found(problems) == {("warning", "MULTIPLE_TRIGGERS", None)}


def test_a_trigger_that_leads_nowhere_warns() -> None:
    assert ("warning", "NO_OUTGOING_CONNECTION", "t") in found(check(edges=[]))


def test_unreachable_node() -> None:
    problems = found(check(node("a"), node("b"), edges=[edge("t", "a")]))
    assert problems == {("error", "DISCONNECTED_NODE", "b")}


def test_an_unreachable_node_that_is_switched_off_warns() -> None:
    off = Node("b", "add_note", {"text": "x"}, enabled=False)
    assert found(check(node("a"), off, edges=[edge("t", "a")])) == {("warning", "DISCONNECTED_NODE", "b")}


def test_notes_need_no_connection() -> None:
    assert check(node("a"), Node("n", "note", {"text": "hi"}), edges=[edge("t", "a")]) == []


def test_cycle_outside_a_loop() -> None:
    problems = check(
        node("a"),
        node("b"),
        node("c"),
        edges=[edge("t", "a"), edge("a", "b"), edge("b", "a"), edge("b", "c")],
    )
    assert found(problems) == {("error", "CYCLE", "a"), ("error", "CYCLE", "b")}


def test_the_way_back_into_a_loop_is_no_cycle() -> None:
    loop = node("l", "loop", kind="count", count=3)
    edges = [edge("t", "l"), edge("l", "a", "body"), edge("a", "l"), edge("l", "b", "done")]
    assert check(loop, node("a"), node("b"), edges=edges) == []


def test_nested_loops_are_no_cycle() -> None:
    outer, inner = node("o", "loop", kind="count", count=3), node("i", "loop", kind="count", count=3)
    edges = [
        edge("t", "o"),
        edge("o", "i", "body"),
        edge("i", "a", "body"),
        edge("a", "i"),
        edge("i", "o", "done"),
    ]
    assert check(outer, inner, node("a"), edges=edges) == []


def test_a_way_from_behind_a_loop_back_into_it_is_a_cycle() -> None:
    loop = node("l", "loop", kind="count", count=3)
    edges = [edge("t", "l"), edge("l", "a", "body"), edge("a", "l"), edge("l", "b", "done"), edge("b", "l")]
    assert {code for _, code, _ in found(check(loop, node("a"), node("b"), edges=edges))} == {"CYCLE"}


def test_a_cycle_inside_a_loop_body_is_a_cycle() -> None:
    loop = node("l", "loop", kind="count", count=3)
    edges = [edge("t", "l"), edge("l", "a", "body"), edge("a", "b"), edge("b", "a"), edge("b", "l")]
    problems = found(check(loop, node("a"), node("b"), edges=edges))
    assert problems == {("error", "CYCLE", "a"), ("error", "CYCLE", "b")}


def test_a_body_that_runs_on_behind_the_loop_warns() -> None:
    loop = node("l", "loop", kind="count", count=3)
    edges = [edge("t", "l"), edge("l", "a", "body"), edge("a", "b"), edge("l", "b", "done")]
    assert found(check(loop, node("a"), node("b"), edges=edges)) == {("warning", "LOOP_BODY_SHARED", "b")}


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (Edge("x", "a", "nowhere"), "DANGLING_EDGE"),
        (Edge("x", "nowhere", "a"), "DANGLING_EDGE"),
        (Edge("x", "a", "t"), "EDGE_INTO_TRIGGER"),
        (Edge("x", "a", "a"), "SELF_LOOP"),
        (Edge("x", "t", "a"), "DUPLICATE_EDGE"),
        (Edge("t.main-a", "a", "b"), "DUPLICATE_EDGE_ID"),
        (Edge("x", "a", "b", "sideways"), "UNKNOWN_PORT"),
        (Edge("x", "t", "b", "sideways"), "UNKNOWN_PORT"),
        (Edge("x", "a", "b", "main", "in-2"), "UNKNOWN_PORT"),
        (Edge("x", "a", "n"), "UNKNOWN_PORT"),
        (Edge("x", "n", "b"), "UNKNOWN_PORT"),
        (Edge("x", "z", "b"), "UNKNOWN_PORT"),
    ],
)
def test_bad_edges(bad: Edge, code: str) -> None:
    nodes = (node("a"), node("b"), Node("n", "note", {}), Node("z", "end", {}))
    problems = check(*nodes, edges=[edge("t", "a"), edge("t", "b"), edge("t", "z"), bad])
    assert code in {problem.code for problem in problems if problem.severity is Severity.ERROR}


def test_the_error_port_needs_the_error_mode() -> None:
    edges = [edge("t", "a"), edge("a", "b", "error")]
    assert found(check(node("a"), node("b"), edges=edges)) == {("warning", "UNUSED_ERROR_PORT", "a")}
    with_port = Node("a", "add_note", {"text": "x"}, on_error=ErrorMode.PORT)
    assert check(with_port, node("b"), edges=edges) == []


def test_error_modes_need_somewhere_to_go() -> None:
    port = Node("a", "add_note", {"text": "x"}, on_error=ErrorMode.PORT)
    rescue = Node("b", "add_note", {"text": "x"}, on_error=ErrorMode.WORKFLOW)
    path = [edge("t", "a"), edge("a", "b")]
    assert found(check(port, rescue, edges=path)) == {
        ("warning", "MISSING_ERROR_PATH", "a"),
        ("warning", "MISSING_ERROR_WORKFLOW", None),
    }
    named = Settings(error_workflow_id="w2")
    assert [p.code for p in check(node("a"), rescue, edges=path, settings=named)] == []


def test_a_zone_that_does_not_exist() -> None:
    problems = check(node("a"), edges=[edge("t", "a")], settings=Settings(timezone="Europe&#x2F;London"))
    assert [(p.code, p.severity, p.field) for p in problems] == [
        ("UNKNOWN_TIMEZONE", Severity.ERROR, "settings.timezone")
    ]


def test_settings_that_nothing_obeys_are_named() -> None:
    settings = Settings(notify_emails=("a@b.example",))
    problems = check(node("a"), edges=[edge("t", "a")], settings=settings)
    assert [(p.code, p.severity, p.field) for p in problems] == [
        ("SETTING_NOT_OBEYED", Severity.INFO, "settings.notify_emails"),
    ]


def test_duplicate_ids_of_nodes_and_triggers() -> None:
    assert ("error", "DUPLICATE_ID", "a") in found(check(node("a"), node("a"), edges=[edge("t", "a")]))
    assert ("error", "DUPLICATE_ID", "t") in found(check(node("t"), edges=[]))


def test_twins_are_each_checked_as_what_they_are() -> None:
    problems = check(node("a"), node("a", "send_sms"), edges=[edge("t", "a")])
    assert ("error", "MISSING_SMS_MESSAGE", "a") in found(problems)


def test_unknown_types() -> None:
    problems = found(
        check(node("a", "teleport"), edges=[edge("t", "a")], triggers=(Trigger("t", "dream", {}),))
    )
    assert {("error", "UNKNOWN_NODE_TYPE", "a"), ("error", "UNKNOWN_TRIGGER_TYPE", "t")} <= problems


def test_a_kept_unknown_node_only_warns_and_keeps_its_ports() -> None:
    kept = node("a", "unknown", legacy_type="database_query", original={"sql": "select 1"})
    assert found(check(kept, node("b"), edges=[edge("t", "a"), edge("a", "b", "whatever")])) == {
        ("warning", "UNKNOWN_NODE_TYPE", "a")
    }


def test_a_version_that_does_not_exist_is_an_unknown_type() -> None:
    assert ("error", "UNKNOWN_NODE_TYPE", "a") in found(
        check(Node("a", "add_note", {"text": "x"}, version=2), edges=[edge("t", "a")])
    )


def test_branches_that_meet_without_a_merge_warn() -> None:
    fork = node("p", "parallel", branches=2)
    edges = [
        edge("t", "p"),
        edge("p", "a", "branch-0"),
        edge("p", "b", "branch-1"),
        edge("a", "c"),
        edge("b", "c"),
    ]
    problems = check(fork, node("a"), node("b"), node("c"), edges=edges)
    assert found(problems) == {("warning", "BRANCHES_WITHOUT_MERGE", "c")}
    merged = [*edges[:3], edge("a", "m"), edge("b", "m"), edge("m", "c")]
    assert check(fork, node("a"), node("b"), node("c"), node("m", "merge"), edges=merged) == []


def test_branches_of_a_condition_may_meet() -> None:
    asked = node("q", "condition", condition={"field": "contact.status", "operator": "exists"})
    edges = [edge("t", "q"), edge("q", "a", "true"), edge("q", "b", "false"), edge("a", "c"), edge("b", "c")]
    assert check(asked, node("a"), node("b"), node("c"), edges=edges) == []


def test_a_loop_around_a_fork_is_not_mistaken_for_a_meeting() -> None:
    loop, fork = node("l", "loop", kind="count", count=2), node("p", "parallel", branches=2)
    edges = [edge("t", "l"), edge("l", "p", "body"), edge("p", "a", "branch-0"), edge("p", "b", "branch-1")]
    edges += [edge("a", "m"), edge("b", "m"), edge("m", "l")]
    assert check(loop, fork, node("a"), node("b"), node("m", "merge"), edges=edges) == []


def test_unconnected_ports_warn() -> None:
    asked = node("q", "condition", condition={"field": "contact.status", "operator": "exists"})
    problems = check(asked, node("p", "parallel", branches=2), edges=[edge("t", "q"), edge("q", "p", "true")])
    assert [p.code for p in problems] == [
        "MISSING_FALSE_PATH", "UNCONNECTED_PARALLEL_BRANCH", "UNCONNECTED_PARALLEL_BRANCH",
    ]  # fmt: skip


def test_variables_that_nobody_sets_warn() -> None:
    text = "{{ variables.gym }} {{ variables.made }} {{ variables.later }} {{ variables.odd | default('x') }} {{ nodes.q.x }}"
    problems = check(
        node("a", text=text), node("b", "set_variable", name="made", value=1), edges=[edge("t", "a"), edge("a", "b")],
        variables=(Variable("gym"),),
    )  # fmt: skip
    assert found(problems) == {("warning", "UNDEFINED_VARIABLE", "a"), ("warning", "UNDEFINED_NODE", "a")}
    assert [p.message.split()[0] for p in problems] == ["variables.later", "nodes.q"]
    assert problems[0].field == "parameters.text"


def test_variables_in_conditions_are_seen() -> None:
    asked = node(
        "q",
        "condition",
        condition={"operator": "and", "conditions": [{"field": "variables.x", "operator": "exists"}]},
    )
    problems = check(
        asked, node("a"), edges=[edge("t", "q"), edge("q", "a", "true"), edge("q", "a", "false")]
    )
    assert [(p.code, p.field) for p in problems] == [
        ("UNDEFINED_VARIABLE", "parameters.condition.conditions[0].field")
    ]


@pytest.mark.parametrize(
    ("trigger", "action", "loops"),
    [
        (Trigger("t", "contact_tagged", {}), node("a", "add_tags", tags=["vip"]), True),
        (Trigger("t", "contact_tagged", {"tags": ["VIP"]}), node("a", "add_tags", tags=["vip"]), True),
        (Trigger("t", "contact_tagged", {"tags": ["new"]}), node("a", "add_tags", tags=["vip"]), False),
        (
            Trigger("t", "contact_tagged", {"tags": ["new"]}),
            node("a", "add_tags", tags=["{{ trigger.tag }}"]),
            True,
        ),
        (Trigger("t", "event", {"name": "won"}), node("a", "track_event", name="lost"), False),
        (Trigger("t", "event", {"name": "won"}), node("a", "track_event", name="won"), True),
        (Trigger("t", "contact_tagged", {}, enabled=False), node("a", "add_tags", tags=["vip"]), False),
    ],
)
def test_a_workflow_that_may_start_itself_again(trigger: Trigger, action: Node, loops: bool) -> None:
    problems = check(action, edges=[edge("t", "a")], triggers=(trigger,))
    assert (("warning", "TRIGGER_LOOP", "a") in found(problems)) is loops


def test_a_quorum_of_more_branches_than_lead_to_it() -> None:
    merge = node("m", "merge", mode="quorum", quorum=2)
    assert found(check(merge, edges=[edge("t", "m")])) == {("error", "QUORUM_TOO_LARGE", "m")}


def test_hints_can_be_left_out() -> None:
    sms = node("a", "send_sms", message="Hi")
    assert {p.code for p in check(sms, edges=[edge("t", "a")])} == {
        "IMMEDIATE_COMMUNICATION",
        "NO_ERROR_HANDLING",
    }
    workflow = Workflow("w", "W", nodes=(sms,), edges=(edge("t", "a"),), triggers=(TRIGGER,))
    assert validate(workflow, load_catalogue(), hints=False) == []


def test_long_sequences_are_hinted_at_once() -> None:
    steps = [node(name) for name in "abcdef"]
    edges = [edge(a, b) for a, b in zip("tabcde", "abcdef", strict=True)]
    assert found(check(*steps, edges=edges)) == {("info", "LONG_ACTION_SEQUENCE", "d")}


def test_what_is_switched_off_cannot_keep_a_workflow_from_going_live() -> None:
    off = Node("b", "send_email", {}, enabled=False)
    problems = check(node("a"), off, edges=[edge("t", "a"), edge("a", "b")])
    assert is_valid(problems)
    assert {p.code for p in problems} == {"MISSING_EMAIL_SUBJECT", "MISSING_EMAIL_BODY"}


@given(st.integers(1, 30), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_generated_trees_have_no_errors_and_one_back_edge_makes_a_cycle(
    size: int, random_: random.Random
) -> None:
    nodes = [node(f"n{i}") for i in range(size)]
    parents = [-1] + [random_.randrange(i) for i in range(1, size)]
    edges = [edge("t" if p < 0 else f"n{p}", f"n{i}") for i, p in enumerate(parents)]
    assert is_valid(check(*nodes, edges=edges))
    child = random_.randrange(size)
    ancestor = child
    while parents[ancestor] >= 0 and random_.random() < 0.7:
        ancestor = parents[ancestor]
    if ancestor != child:
        problems = check(
            *nodes, edges=[*edges, Edge("back", f"n{child}", f"n{ancestor}", target_port="main")]
        )
        assert {("error", "CYCLE", f"n{child}"), ("error", "CYCLE", f"n{ancestor}")} <= found(problems)


@pytest.mark.parametrize(
    ("variable", "expected"),
    [
        (Variable("v", secret=True, default="hunter22"), {("error", "PLAIN_SECRET", None)}),
        (Variable("v", secret=True, default={"$secret": "7f1b7f7e-7b0a-4d0a-9d3c-1f0d7f0d7f0d"}), set()),
        (Variable("v", secret=True), set()),
        (Variable("v", "number", "five"), {("warning", "WRONG_DEFAULT", None)}),
        (Variable("v", "number", True), {("warning", "WRONG_DEFAULT", None)}),
        (Variable("v", "array", {"a": 1}), {("warning", "WRONG_DEFAULT", None)}),
        (Variable("v", "number", 0), set()),
        (Variable("v", "any", [1]), set()),
    ],
)
def test_defaults_of_variables(variable: Variable, expected: set[tuple[str, str, str | None]]) -> None:
    problems = check(node("a"), edges=[edge("t", "a")], variables=(variable,))
    assert found(problems) == expected
    assert all("hunter22" not in f"{problem.message}{problem.remedy}" for problem in problems)


def retried(
    policy: RetryPolicy | None, /, *, own: bool, timeout: float | None = None, **rest: Any
) -> list[Problem]:
    step = Node("a", "send_sms", {"message": "x"}, retry=policy if own else None, timeout_seconds=timeout)
    known = Settings(retry=None if own else policy, **rest)
    problems = check(step, edges=[edge("t", "a")], settings=known)
    return [each for each in problems if each.code not in ("IMMEDIATE_COMMUNICATION", "NO_ERROR_HANDLING")]


LATE = [
    # policy, settings, severity, code
    (RetryPolicy(2, "fixed", 600, 600), {}, "error", "RETRY_BEYOND_TIMEOUT"),
    (RetryPolicy(2, "fixed", 300, 300), {}, "error", "RETRY_BEYOND_TIMEOUT"),
    (RetryPolicy(4, "fixed", 120, 120), {}, "warning", "RETRY_BEYOND_TIMEOUT"),
    (RetryPolicy(10, "exponential", 5, 1_000), {}, "warning", "RETRY_BEYOND_TIMEOUT"),
    (RetryPolicy(3, "linear", 60, 30), {}, "warning", "RETRY_DELAY_CUT"),
    (RetryPolicy(3, "fixed", 20, 30), {"max_execution_seconds": 15}, "error", "RETRY_BEYOND_TIMEOUT"),
]  # fmt: skip


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize(("policy", "rest", "severity", "code"), LATE)
def test_a_retry_delay_beyond_what_cuts_it(
    own: bool, policy: RetryPolicy, rest: dict[str, Any], severity: str, code: str
) -> None:
    (problem,) = retried(policy, own=own, **rest)
    assert (problem.severity.value, problem.code) == (severity, code)
    assert (problem.node, problem.field) == (
        ("a" if own else None),
        ("retry" if own else "settings.retry") + (".delay_seconds" if code == "RETRY_DELAY_CUT" else ""),
    )
    assert problem.remedy


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize(
    "policy",
    [
        None, RetryPolicy(), RetryPolicy(2, "fixed", 299, 299), RetryPolicy(1, "fixed", 600, 600),
        RetryPolicy(1, "fixed", 600, 30), RetryPolicy(20, "exponential", 1, 15),
    ],
)  # fmt: skip
def test_a_retry_policy_that_the_timeouts_leave_room_for(own: bool, policy: RetryPolicy | None) -> None:
    assert retried(policy, own=own) == []


def test_a_timeout_of_a_node_that_the_workflows_cuts() -> None:
    (beyond,) = retried(None, own=True, timeout=300)
    assert (beyond.code, beyond.field, beyond.node) == ("TIMEOUT_BEYOND_EXECUTION", "timeout_seconds", "a")
    assert retried(None, own=True, timeout=299) == []
    (slow,) = retried(RetryPolicy(3, "fixed", 1), own=True, timeout=149)
    assert (slow.code, slow.severity.value) == ("TIMEOUT_BEYOND_EXECUTION", "warning")
    assert "Attempt 3 of 3" in slow.message
    assert retried(RetryPolicy(3, "fixed", 1), own=True, timeout=148) == []
    assert retried(RetryPolicy(3, "fixed", 1), own=True, timeout=400, max_execution_seconds=3_600) == []


def test_the_attempt_named_is_the_first_that_begins_too_late() -> None:
    for policy, rest, _, code in LATE:
        if code != "RETRY_BEYOND_TIMEOUT":
            continue
        limit = Settings(**rest).max_execution_seconds
        cut = attempt_cut_off(policy, limit)
        assert cut is not None
        begun = [
            sum(seconds_after(policy, each) for each in range(1, n)) for n in range(1, policy.attempts + 1)
        ]
        assert next(number for number, seconds in enumerate(begun, 1) if seconds >= limit) == cut

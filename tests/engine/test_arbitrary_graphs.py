"""Any graph at all, however wrong: an execution ends or waits, survives JSON at every step, and adds up."""

from collections import Counter
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from playing import FALSE, START, TRIGGER, TRUE, play

from atlas_workflows.engine.events import Happened
from atlas_workflows.graph.model import Edge, ErrorMode, Node, RetryPolicy, Settings, Workflow

KINDS: list[tuple[str, dict[str, Any]]] = [
    ("add_note", {"text": "{{ contact.name }} {{ loop.index }} {{ variables.x }}"}),
    ("set_variable", {"name": "x", "value": "{{ item }}"}),
    ("condition", {"condition": TRUE}),
    ("condition", {"condition": FALSE}),
    ("filter", {"condition": FALSE}),
    ("parallel", {"branches": 2}),
    ("merge", {"mode": "all"}),
    ("merge", {"mode": "first"}),
    ("merge", {"mode": "quorum", "quorum": 2, "timeout_seconds": 60}),
    ("loop", {"kind": "count", "count": 2}),
    ("loop", {"kind": "for_each", "items": "contact.visits"}),
    ("loop", {"kind": "for_each", "items": "contact.nothing"}),
    ("wait", {"wait": {"kind": "duration", "amount": 5, "unit": "minutes"}}),
    ("wait", {"wait": {"kind": "until_event", "events": [{"type": "ping"}], "timeout": {"amount": 1, "unit": "hours"}}}),
    ("wait", {"wait": {"kind": "until_event", "events": [{"type": "never"}]}}),
    ("split", {"branches": [{"port": "main", "weight": 1}, {"port": "error", "weight": 1}]}),
    ("goal", {"name": "g", "condition": FALSE}),
    ("end", {}),
    ("note", {}),
    ("unknown", {"legacy_type": "x"}),
    ("teleport", {}),
    ("send_sms", {"message": 5}),
]  # fmt: skip
PORTS = ["main", "true", "false", "rejected", "body", "done", "branch-0", "branch-1", "timeout", "error"]
modes = st.none() | st.sampled_from(list(ErrorMode))
retries = st.none() | st.builds(RetryPolicy, st.integers(1, 3))


@st.composite
def graphs(draw: st.DrawFn) -> Workflow:
    size = draw(st.integers(1, 7))
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=size, max_size=size))
    nodes = tuple(
        Node(
            f"n{i}",
            kind,
            parameters,
            enabled=draw(st.integers(0, 9)) > 0,
            on_error=draw(modes),
            retry=draw(retries),
        )
        for i, (kind, parameters) in enumerate(kinds)
    )
    ends = st.tuples(st.integers(0, size - 1), st.sampled_from(PORTS), st.integers(0, size - 1))
    drawn = draw(st.lists(ends, max_size=14))
    edges = [Edge(f"e{i}", f"n{a}", f"n{b}", port) for i, (a, port, b) in enumerate(drawn)]
    return Workflow(
        "w", "W", nodes, (Edge("s", "t", "n0"), *edges), (TRIGGER,), settings=Settings(error_workflow_id="r")
    )


PINGS = [Happened("ping", START + timedelta(minutes=m), {"contact": {"name": "Eva"}}) for m in (-1, 10, 50)]


fails = st.dictionaries(st.sampled_from(["n0", "n1", "n2"]), st.integers(0, 4), max_size=2)


@given(graphs(), fails)
@settings(max_examples=80, deadline=None)
def test_any_graph_ends_or_waits(found: Workflow, fail: dict[str, int]) -> None:
    played = play(found, *PINGS, fail=fail)
    state = played.state
    if played.outcome == "waiting":
        assert played.waits
        assert state.finished_at is None
    else:
        assert state.tokens == {}
        assert state.finished_at is not None
    keys = Counter(effect.key for effect in played.effects)
    assert max(keys.values(), default=0) <= 1
    assert all(step.finished_at >= step.started_at for step in played.steps if step.finished_at)


@given(graphs(), fails)
@settings(max_examples=60, deadline=None)
def test_resuming_any_graph_from_json_changes_nothing(found: Workflow, fail: dict[str, int]) -> None:
    _assert_same_from_json(found, fail)


@given(st.integers(2, 3), st.integers(1, 2), st.sampled_from(list(ErrorMode)))
@settings(max_examples=20, deadline=None)
def test_resuming_between_two_attempts_changes_nothing(attempts: int, failing: int, mode: ErrorMode) -> None:
    policy = RetryPolicy(attempts, delay_seconds=40)
    steps = tuple(Node(f"n{i}", "add_note", {"text": "x"}, on_error=mode, retry=policy) for i in range(2))
    edges = (Edge("s", "t", "n0"), Edge("e", "n0", "n1"))
    found = Workflow("w", "W", steps, edges, (TRIGGER,), settings=Settings(max_execution_seconds=130))
    _assert_same_from_json(found, {"n0": failing, "n1": failing})


def _assert_same_from_json(found: Workflow, fail: dict[str, int]) -> None:
    through = play(found, *PINGS, fail=fail)
    direct = play(found, *PINGS, fail=fail, between=lambda state: state)
    assert through.steps == direct.steps
    assert through.effects == direct.effects
    assert through.state == direct.state

"""The worker and the interpreter's own simulation agree on every step, whatever the workflow, in both stores."""

from dataclasses import replace
from itertools import count
from typing import Any

from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from playing import CONTACT, START, TRIGGER, edges, node
from test_arbitrary_graphs import PINGS, fails, graphs
from test_generated_workflows import Block, blocks, build
from world import ONE, MemoryWorld, PostgresWorld, World, play, trace, wish

from atlas_workflows.engine.program import Program
from atlas_workflows.engine.simulation import Simulation, simulate
from atlas_workflows.graph.model import ErrorMode, Node, RetryPolicy, Settings, Workflow
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.worker.model import Answer, Dispatch, Performed, Refused, Start

NUMBERS = count()
EARLIER = [{"type": e.type, "at": e.at.isoformat(), "data": dict(e.data)} for e in PINGS if e.at < START]
LATER = [event for event in PINGS if event.at >= START]
LONG = 200  # steps
on_postgres = settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def outside(fail: dict[str, int]) -> Any:
    """Fails as often as asked per node, else works."""
    left = dict(fail)

    def answer(dispatch: Dispatch) -> Answer:
        name = dispatch.key.split("/")[1].partition("#")[0]
        if left.get(name, 0) > 0:
            left[name] -= 1
            return Refused("provider", "The provider failed, as asked for.")
        return Performed()

    return answer


def worked(world: World, found: Workflow, fail: dict[str, int], *others: Workflow) -> tuple[Start, Any]:
    """Play a workflow through the store; its steps, outcome and effects."""
    number = next(NUMBERS)
    known = {other.id: world.publish(replace(other, id=f"{other.id}{number}")) for other in others}
    workflow = world.publish(_pointing(replace(found, id=f"{found.id}{number}"), known))
    world.move_to(START)
    asked = wish(workflow, f"s{number}", data={"contact": CONTACT}, events=tuple(EARLIER))
    world.start(asked)
    kinds = sorted({kind for kind, _ in load_catalogue().nodes} | {"teleport"})
    tell = [(event.at, lambda event=event: world.tell_all(ONE, asked.subject, event)) for event in LATER]
    play(world, kinds, outside(fail), tell)
    return asked, (world.steps(asked.execution), world.end(asked.execution))


def _pointing(found: Workflow, known: dict[str, str]) -> Workflow:
    return replace(
        found,
        nodes=tuple(
            replace(n, parameters={**n.parameters, "workflow_id": known[n.parameters["workflow_id"]]})
            if n.parameters.get("workflow_id") in known
            else n
            for n in found.nodes
        ),
    )


def simulated(asked: Start, found: Workflow, fail: dict[str, int], *others: Workflow) -> Simulation:
    # Under the ids that were published: a split goes by them.
    number = asked.subject.removeprefix("s")
    programs = {
        other.id: Program(replace(other, id=f"{other.id}{number}"), load_catalogue()) for other in others
    }
    return simulate(
        Program(replace(found, id=f"{found.id}{number}"), load_catalogue()),
        "t",
        {"contact": CONTACT},
        START,
        execution=asked.execution,
        subject=asked.subject,
        events=PINGS,
        failures=fail,
        library=programs.get,
    )


def assert_same(world: World, found: Workflow, fail: dict[str, int]) -> None:
    asked, (steps, end) = worked(world, found, fail)
    expected = simulated(asked, found, fail)
    assert steps == [trace(step) for step in expected.steps]
    assert end == (
        None if expected.state.outcome is None else (expected.state.outcome, expected.state.reason)
    )
    planned = {effect.key for effect in expected.effects if effect.kind != "start_workflow"}
    done = {
        key for key, status in world.effects().items() if key.startswith(asked.execution) and status == "done"
    }
    assert planned <= done
    # What is asked for at the same time is sent at the same time here, one after the other in the simulation. Where the
    # answer to one of them ends the execution, the others may be out already; their steps are recorded as cancelled.
    assert done - planned <= {step.key for step in expected.steps if step.status == "cancelled"}


BESIDE = Workflow("w", "W", (node("n0"), node("n1")), (*edges("t n0"), *edges("t n1")), (TRIGGER,))


@given(graphs(), fails)
@example(BESIDE, {"n0": 1})
@settings(max_examples=150, deadline=None)
def test_any_graph_in_memory(found: Workflow, fail: dict[str, int]) -> None:
    assert_same(MemoryWorld(), found, fail)


@given(blocks)
@settings(max_examples=80, deadline=None)
def test_structured_workflows_in_memory(block: Block) -> None:
    assert_same(MemoryWorld(), build(block)[0], {})


@given(graphs(), fails)
@on_postgres
def test_any_graph_in_postgres(postgres: PostgresWorld, found: Workflow, fail: dict[str, int]) -> None:
    # Loops that only a limit of the engine ends take thousands of transactions here; memory plays those.
    assume(len(simulated(wish("w0", "s0"), found, fail).steps) < LONG)
    assert_same(postgres, found, fail)


@given(blocks)
@on_postgres
def test_structured_workflows_in_postgres(postgres: PostgresWorld, block: Block) -> None:
    assert_same(postgres, build(block)[0], {})


INNER = Workflow("inner", "Inner", (node("i"),), edges("t i"), (TRIGGER,))
modes = st.sampled_from(list(ErrorMode))


def _calling(waits: bool, mode: ErrorMode, attempts: int, timeout: int | None) -> Workflow:
    call = Node(
        "call",
        "sub_workflow",
        {"workflow_id": "inner", "wait_for_result": waits, "output": "found"},
        on_error=mode,
        retry=RetryPolicy(attempts, delay_seconds=20),
        timeout_seconds=timeout,
    )
    said = node("said", text="{{ variables.found.outcome }}")
    return Workflow("outer", "Outer", (call, said), edges("t call said"), (TRIGGER,), settings=Settings())


def _assert_same_nested(
    world: World, waits: bool, mode: ErrorMode, attempts: int, timeout: int | None, slow: bool
) -> None:
    # 32 s: at the instant at which the outer one gives up, nothing says whether the inner one still acts.
    pause = node("p", "wait", wait={"kind": "duration", "amount": 32, "unit": "seconds"})
    inner = replace(INNER, nodes=(*INNER.nodes, pause), edges=edges("t p i" if slow else "t i"))
    outer = _calling(waits, mode, attempts, timeout)
    asked, (steps, end) = worked(world, outer, {}, inner)
    expected = simulated(asked, outer, {}, inner)
    named = [_without_names(trace(step)) for step in expected.steps]
    assert [_without_names(step) for step in steps] == named
    assert end == (expected.state.outcome, expected.state.reason)
    (nested,) = expected.nested
    assert world.steps(nested.state.execution) == [trace(step) for step in nested.steps]
    assert world.end(nested.state.execution) == (nested.state.outcome, nested.state.reason)


def _without_names(step: tuple[Any, ...]) -> tuple[Any, ...]:
    """The input of the call names the inner workflow, which has another id in a store."""
    return step if step[1] != "sub_workflow" else (*step[:8], None, *step[9:])


nestings = (
    st.booleans(),
    modes,
    st.integers(1, 3),
    st.none() | st.sampled_from([5, 10, 25, 60]),
    st.booleans(),
)


@given(*nestings)
@settings(max_examples=60, deadline=None)
def test_nested_workflows_in_memory(
    waits: bool, mode: ErrorMode, attempts: int, timeout: int | None, slow: bool
) -> None:
    _assert_same_nested(MemoryWorld(), waits, mode, attempts, timeout, slow)


@given(waits=nestings[0], mode=nestings[1], attempts=nestings[2], timeout=nestings[3], slow=nestings[4])
@on_postgres
def test_nested_workflows_in_postgres(
    postgres: PostgresWorld, waits: bool, mode: ErrorMode, attempts: int, timeout: int | None, slow: bool
) -> None:
    _assert_same_nested(postgres, waits, mode, attempts, timeout, slow)

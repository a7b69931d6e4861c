"""The exposure log: every variant a split showed, once per step, in the transaction of that step."""

from dataclasses import replace
from datetime import timedelta

import pytest
from workflows import line, node, setting, wait
from world import LEASE, NOON, ONE, TWO, PostgresWorld, World, wish, work

from atlas_workflows.graph.model import Edge, Node, Workflow
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.nodes.logic import split
from atlas_workflows.worker.exposures import SPLIT
from atlas_workflows.worker.turn import take_turn

TRIGGERS = line("x", setting("a")).triggers
HALVES = {"branches": [{"port": "left", "weight": 1}, {"port": "right", "weight": 1}]}


def splitting(**node_options: object) -> Workflow:
    """A wait, then a split whose ways meet nowhere."""
    nodes = (wait("p"), Node("s", "split", HALVES, **node_options), setting("l"), setting("r"))  # type: ignore[arg-type]
    edges = (
        Edge("1", "t", "p"),
        Edge("2", "p", "s"),
        Edge("3", "s", "l", "left"),
        Edge("4", "s", "r", "right"),
    )
    return Workflow("w", "W", nodes, edges, TRIGGERS)


def through(world: World) -> None:
    work(world)
    world.move_to(NOON + timedelta(minutes=5))
    world.executions.promote()
    work(world)


def test_it_is_the_catalogues_name() -> None:
    assert load_catalogue().nodes[SPLIT, 1] is split.NODE


def test_every_variant_shown_is_on_record(world: World) -> None:
    workflows = {organization: world.publish(splitting(), organization) for organization in (ONE, TWO)}
    found = world.start(*(wish(workflows[o], f"c{i}", organization=o) for o in workflows for i in range(10)))
    work(world)
    assert world.exposures() == []
    through(world)
    shown = world.exposures()
    assert {each.execution for each in shown} == {each.execution for each in found}
    assert len(shown) == 20
    assert {each.variant for each in shown} == {"left", "right"}
    for each in shown:
        assert each.workflow == workflows[each.organization]
        assert (each.version, each.node, each.key) == (1, "s", f"{each.execution}/s")
        assert each.at == NOON + timedelta(minutes=5)
        went = [step[0] for step in world.steps(each.execution)]
        assert went == ["p", "s", each.variant[0]], "the log says what the steps say"


def test_the_same_step_is_recorded_once_and_never_by_a_stale_worker(world: World) -> None:
    workflow = world.publish(line("w", Node("s", "split", HALVES)))
    (begun,) = world.start(wish(workflow))
    batch = world.executions.checkpoint((), 10)[0]
    program = world.definitions.program(ONE, workflow, 1)
    turns = [take_turn(claimed, program, batch.now) for claimed in batch.claimed]
    world.move_to(NOON + LEASE)
    world.executions.promote()
    assert world.executions.checkpoint(turns, 0)[1] == {(ONE, begun.execution)}
    assert world.exposures() == []
    work(world)
    (first,) = world.exposures()
    assert first.at == NOON + LEASE


def test_rounds_of_a_loop_are_steps_of_their_own(world: World) -> None:
    nodes = (Node("o", "loop", {"kind": "count", "count": 3}), Node("s", "split", HALVES), setting("a"))
    edges = (
        Edge("1", "t", "o"),
        Edge("2", "o", "s", "body"),
        Edge("3", "s", "o", "left"),
        Edge("4", "s", "o", "right"),
        Edge("5", "o", "a", "done"),
    )
    (begun,) = world.start(wish(world.publish(Workflow("w", "W", nodes, edges, TRIGGERS))))
    work(world)
    assert [each.key for each in world.exposures()] == [f"{begun.execution}/s/{i}" for i in range(3)]


def test_what_was_passed_through_or_failed_has_shown_nothing(world: World) -> None:
    zero = {"branches": [{"port": "left", "weight": 0}]}
    passed = world.publish(line("a", Node("s", "split", HALVES, enabled=False)))
    failed = world.publish(line("b", Node("s", "split", zero)))
    world.start(wish(passed), wish(failed), wish(world.publish(line("c", node("n")))))
    work(world)
    assert world.exposures() == []


def test_it_is_written_with_the_steps_or_not_at_all(postgres: PostgresWorld) -> None:
    from atlas_workflows.worker.ports import TurnRefused

    postgres.connection.execute(
        "ALTER TABLE atlas.workflow_executions ADD CHECK (status <> 'completed') NOT VALID"
    )
    postgres.start(wish(postgres.publish(line("w", Node("s", "split", HALVES)))))
    with pytest.raises(TurnRefused):
        work(postgres)
    assert postgres.exposures() == []
    assert postgres.rows("SELECT count(*) FROM atlas.workflow_execution_steps") == [(0,)]


def test_a_step_on_record_stays_as_it_was(postgres: PostgresWorld) -> None:
    from atlas_workflows.db.sql_files import sql
    from atlas_workflows.store.rows import exposure_rows

    postgres.start(wish(postgres.publish(line("w", Node("s", "split", HALVES)))))
    work(postgres)
    (first,) = postgres.exposures()
    again = exposure_rows([replace(first, variant="other"), replace(first, key=first.key + "#2")])
    postgres.connection.execute(sql("engine/record_exposures"), {"exposures": again})
    assert [(each.key, each.variant) for each in postgres.exposures()] == [
        (first.key, first.variant),
        (first.key + "#2", first.variant),
    ]

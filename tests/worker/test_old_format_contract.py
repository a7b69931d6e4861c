"""What both stores promise of versions in the old format: the same steps and deeds as the old engine, and who may fall back to them."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from workflows import line, node, wait
from world import NOON, ONE, MemoryWorld, PostgresWorld, World, perform, play, wish, work, workflow_id

from atlas_workflows import exact_json
from atlas_workflows.db.acting import act_as_migration
from atlas_workflows.engine.events import Cancelled
from atlas_workflows.graph.model import Node
from atlas_workflows.legacy.execution.document import read_program, to_document
from atlas_workflows.legacy.records import LegacyWorkflow
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.rollout.evaluation import declare_known_flags
from atlas_workflows.rollout.flags import Override
from atlas_workflows.rollout.known import FALLBACK
from atlas_workflows.rollout.postgres import PostgresFlags
from atlas_workflows.store.definitions import PostgresDefinitions
from atlas_workflows.store.steering import By, replay
from atlas_workflows.worker.model import Answer, Dispatch, Performed, Refused

KINDS = ("add_note", "add_tags", "create_task")
NODES = [
    {"id": "t", "type": "trigger", "data": {"actionType": "lead_created", "config": {"subtype": "lead_created"}}},
    {"id": "tag", "type": "action", "data": {"actionType": "add_tag", "config": {"tag": "greeted"}}},
    {"id": "w", "type": "wait", "data": {"config": {"duration": 2, "unit": "days"}}},
    {"id": "task", "type": "action", "data": {"actionType": "create_task", "config": {"title": "Call {{name}}"}}},
]  # fmt: skip
EDGES = [
    {"source": source, "target": target} for source, target in (("t", "tag"), ("tag", "w"), ("w", "task"))
]
ROW = LegacyWorkflow(
    "A", "workflows", "w", ONE, {"id": "w", "nodes": json.dumps(NODES), "edges": json.dumps(EDGES), "trigger_type": "lead_created"}
)  # fmt: skip
BAD = Node("bad", "add_note", {})
OWNER = """INSERT INTO atlas.execution_owners (organization_id, workflow_id, owner, decided_by, reason, fallback_version)
VALUES (%s, %s, %s, 't', 't', %s)"""
VERSION = """INSERT INTO atlas.workflow_versions (workflow_id, organization_id, version, definition, definition_hash, executor)
VALUES (%s, %s, %s, %s, 'old', 'atlas_legacy')"""


def document(name: str) -> str:
    shell = {
        "id": workflow_id(name),
        "name": name,
        "organization_id": ONE,
        "triggers": [{"id": "t", "type": "lead_created"}],
    }
    return exact_json.dumps_text(to_document(ROW, shell, ["t"], "strict"))


def publish_old(world: World, name: str) -> str:
    """A workflow whose published version is in the old format."""
    workflow = world.publish(line(name, node("unused")))
    add_old(world, name, 2)
    if isinstance(world, MemoryWorld):
        world.store.published[ONE, workflow] = 2
    elif isinstance(world, PostgresWorld):
        world.rows_changed(
            "UPDATE atlas.workflows SET published_version = 2, owner = 'atlas_legacy' WHERE id = %s", workflow
        )
        world.rows_changed(OWNER, ONE, workflow, "atlas_legacy", None)
    return workflow


def add_old(world: World, name: str, version: int) -> None:
    workflow, text = workflow_id(name), document(name)
    if isinstance(world, MemoryWorld):
        program: Any = read_program(text)
        world.programs[ONE, workflow, version] = program
    elif isinstance(world, PostgresWorld):
        world.definitions = PostgresDefinitions(world.pool, load_catalogue(), read_program)
        world.rows_changed(VERSION, workflow, ONE, version, text)


def let_fall_back(world: World, name: str) -> None:
    """The organization wants it, and a version is there."""
    add_old(world, name, 2)
    workflow = workflow_id(name)
    if isinstance(world, MemoryWorld):
        world.store.fallbacks[ONE, workflow] = 2
    elif isinstance(world, PostgresWorld):
        world.rows_changed(OWNER, ONE, workflow, "atlas_enhanced", 2)
        declare_known_flags(PostgresFlags(world.connection), actor="t")
        want_fallback(world, True)


def want_fallback(world: PostgresWorld, wanted: bool) -> None:
    set_ = Override(FALLBACK.key, UUID(ONE), wanted, "t", "trial", datetime.now(UTC))
    PostgresFlags(world.connection).set_override(set_)


def nodes_of(world: World, execution: str) -> list[tuple[str, str]]:
    return [(step[0], step[4]) for step in world.steps(execution)]


def test_it_is_executed_as_the_old_engine_did(world: World) -> None:
    workflow = publish_old(world, "old")
    (begun,) = world.start(wish(workflow))
    assert work(world) == 1
    assert perform(world, KINDS, lambda _: Performed()) == 1
    work(world)
    assert world.next_due() == NOON + timedelta(minutes=5)
    play(world, KINDS)
    assert world.end(begun.execution) == ("completed", None)
    assert nodes_of(world, begun.execution) == [(name, "completed") for name in ("t", "tag", "w", "task")]
    assert world.effects() == {f"{begun.execution}/tag": "done", f"{begun.execution}/task": "done"}


def test_what_nobody_wants_any_more_is_cancelled_where_it_waits(world: World) -> None:
    workflow = publish_old(world, "cancelled")
    (begun,) = world.start(wish(workflow))
    work(world)
    perform(world, KINDS, lambda _: Performed())
    work(world)
    world.tell(ONE, begun.execution, Cancelled("Nobody wants it."))
    play(world, KINDS)
    assert world.end(begun.execution) == ("cancelled", "Nobody wants it.")
    assert nodes_of(world, begun.execution)[-1] == ("w", "cancelled")


def test_what_fails_before_its_first_effect_begins_anew_with_the_old_meaning(world: World) -> None:
    workflow = world.publish(line("falls", wait("first"), BAD))
    let_fall_back(world, "falls")
    (begun,) = world.start(wish(workflow))
    play(world, KINDS)
    assert world.end(begun.execution) == ("completed", None)
    steps = nodes_of(world, begun.execution)
    assert steps == [
        ("first", "completed"),
        ("bad", "failed"),
        *((name, "completed") for name in ("t", "tag", "w", "task")),
    ]
    assert len(world.effects()) == 2


def refuse_second(dispatch: Dispatch) -> Answer:
    return Refused("data", "No.", may_retry=False) if dispatch.key.endswith("/second") else Performed()


def test_after_its_first_effect_it_never_does(world: World) -> None:
    workflow = world.publish(line("stays", node("one"), node("second")))
    let_fall_back(world, "stays")
    (begun,) = world.start(wish(workflow))
    play(world, KINDS, refuse_second)
    assert world.end(begun.execution) == ("failed", "second: No.")
    assert nodes_of(world, begun.execution) == [("one", "completed"), ("second", "failed")]


def test_nobody_falls_back_unasked_nor_twice(postgres: PostgresWorld) -> None:
    workflow = postgres.publish(line("asked", BAD))
    let_fall_back(postgres, "asked")
    want_fallback(postgres, False)
    (first,) = postgres.start(wish(workflow))
    play(postgres, KINDS)
    assert postgres.end(first.execution) is not None
    assert postgres.rows("SELECT count(*) FROM atlas.fallbacks") == [(0,)]
    want_fallback(postgres, True)
    (second,) = postgres.start(wish(workflow, anchor="b"))
    play(postgres, KINDS, lambda _: Refused("data", "No.", may_retry=False))
    assert postgres.end(second.execution) == ("failed", "data: No.")
    noted = "SELECT execution_id::text, from_version, to_version, node_id, error_class FROM atlas.fallbacks"
    assert postgres.rows(noted) == [(second.execution, 1, 2, "bad", "configuration")]


def test_a_failed_one_is_replayed_from_the_step_that_failed(postgres: PostgresWorld) -> None:
    workflow = publish_old(postgres, "replayed")
    (begun,) = postgres.start(wish(workflow))
    play(postgres, KINDS, lambda _: Refused("data", "No.", may_retry=False))
    act_as_migration(postgres.connection)
    plan = replay(postgres.connection, ONE, begun.execution, load_catalogue(), By("ada", "mended"), now=NOON)
    assert (plan.nodes, plan.done, plan.may_send) == (("tag",), (), True)
    play(postgres, KINDS)
    assert postgres.end(begun.execution) == ("completed", None)
    assert [kind for (kind,) in postgres.rows("SELECT kind FROM atlas.effects ORDER BY 1")] == [
        "add_tags",
        "create_task",
    ]

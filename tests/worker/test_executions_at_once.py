"""How many executions of a workflow may be under way at once: the others wait, are told why, and begin in order."""

import json
import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from typer.testing import CliRunner
from workflows import line, node, setting, wait
from world import LEASE, NOON, ONE, TWO, PostgresWorld, World, perform, play, wish, work

from atlas_workflows.cli.limits import app
from atlas_workflows.db.rows import scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.engine.events import Happened
from atlas_workflows.graph.model import Node
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.store.acting_steps import Today
from atlas_workflows.store.executions import PostgresExecutions
from atlas_workflows.store.explanation import explain
from atlas_workflows.store.history import Wanted, find_executions, read_story
from atlas_workflows.store.limits import AtOnce, Per, at_once_limits, limit_starts
from atlas_workflows.store.publication import AtArchive, archive, pause, resume
from atlas_workflows.store.steering import By, cancel, replay
from atlas_workflows.worker.model import Performed, Refused, Started
from atlas_workflows.worker.turn import take_turn

ADA = By("ada", "because")


def starts(world: World, workflow: str, many: int, organization: str = ONE) -> list[Started]:
    return world.start(*(wish(workflow, f"c{i}", uuid4().hex, organization) for i in range(many)))


def ids(found: Sequence[Started]) -> list[str]:
    return [each.execution for each in found]


def test_what_is_over_the_number_waits_and_begins_in_order(world: World) -> None:
    flow = world.publish(line("w", setting("a"), wait("p"), setting("b"), concurrency=2))
    free = world.publish(line("free", setting("a")), TWO)
    begun = starts(world, flow, 5)
    assert {each.answer for each in begun} == {"started"}, "nothing is refused"
    starts(world, free, 3, TWO)
    assert world.executions.promote() == 2
    assert world.waiting() == ids(begun)[2:]
    assert work(world) == 5, "two of it, and who has no limit"
    for _ in range(3):
        assert world.executions.promote() == 0, "who waits in it has a place all the same"
    for done in (2, 4):
        world.move_to(NOON + timedelta(minutes=5 * done))
        assert world.executions.promote() == 2
        work(world)
        ended = [each for each in ids(begun) if world.end(each)]
        assert ended == ids(begun)[:done], "in the order of their starts"
        assert world.waiting() == ids(begun)[done + 2 :], "and the next ones have begun in the same moment"
    play(world, [])
    assert {world.end(each) for each in ids(begun)} == {("completed", None)}


def test_what_waits_for_a_place_is_shown_and_is_no_backlog(postgres: PostgresWorld) -> None:
    flow = postgres.publish(line("w", setting("a"), wait("p"), concurrency=2))
    begun = starts(postgres, flow, 5)
    postgres.executions.promote()
    work(postgres)
    story = read_story(postgres.connection, ONE, begun[2].execution)
    assert (story.execution.outcome, story.execution.waits_for) == ("queued", "concurrency")
    found = [each.waits_for for each in find_executions(postgres.connection, Wanted(ONE))]
    assert found.count("concurrency") == 3
    backlog = scalar(postgres.connection, sql("engine/backlog"))
    assert backlog == 2, (
        "by the clock on the wall these two are overdue; for who waits there is nothing to do"
    )


def test_what_is_told_to_one_that_waits_is_there_when_it_begins(world: World) -> None:
    listens = Node("l", "wait", {"wait": {"kind": "until_event", "events": [{"type": "ping"}]}})
    flow = world.publish(line("w", listens, concurrency=1))
    first, second = starts(world, flow, 2)
    world.executions.promote()
    work(world)
    for each in (second, first):
        world.tell(ONE, each.execution, Happened("ping", NOON, {}))
        assert world.waiting() == [second.execution], "an event is no place"
    work(world)
    assert {world.end(each) for each in ids([first, second])} == {("completed", None)}


def test_a_dead_worker_takes_no_place_with_it(world: World) -> None:
    flow = world.publish(line("w", setting("a"), concurrency=2))
    begun = starts(world, flow, 4)
    world.executions.promote()
    in_hand = world.executions.checkpoint((), 10)[0].claimed
    assert [each.execution for each in in_hand] == ids(begun)[:2]
    assert world.executions.promote() == 0
    world.move_to(NOON + LEASE + timedelta(seconds=1))
    assert world.executions.promote() == 2, "the same two, and nobody else"
    assert world.waiting() == ids(begun)[2:]
    assert work(world) == 4
    assert [world.entry(each) for each in ids(begun)] == [None] * 4


def test_however_many_give_places_away_none_is_given_twice(postgres: PostgresWorld) -> None:
    flow = postgres.publish(line("w", setting("a"), concurrency=3))
    begun = starts(postgres, flow, 40)
    most: list[int] = []

    def one_lane(_: int) -> None:
        lane = PostgresExecutions(postgres.pool, lease=LEASE, now=NOON)
        for _ in range(400):
            lane.promote()
            batch = lane.checkpoint((), random.randint(1, 2))[0]
            if not batch.claimed and not waiting_here():
                return
            with postgres.pool.connection() as connection:
                taken = "SELECT count(*) FROM atlas.workflow_execution_queue WHERE admitted"
                most.append(scalar(connection, taken))
            programs = (postgres.definitions.program(ONE, each.workflow, 1) for each in batch.claimed)
            turns = [take_turn(*pair, NOON) for pair in zip(batch.claimed, programs, strict=True)]
            lane.checkpoint(turns, 0)

    def waiting_here() -> int:
        with postgres.pool.connection() as connection:
            return int(scalar(connection, "SELECT count(*) FROM atlas.workflow_execution_queue"))

    with ThreadPoolExecutor(3) as lanes:
        assert len(list(lanes.map(one_lane, range(3)))) == 3
    assert {postgres.end(each) for each in ids(begun)} == {("completed", None)}
    assert max(most) == 3


def test_it_is_explained(postgres: PostgresWorld) -> None:
    flow = postgres.publish(line("w", node("n"), concurrency=1))
    postgres.start(wish(flow, "c0"), wish(flow, "c1"))
    postgres.executions.promote()
    today = Today(None, NOON)
    found = explain(postgres.connection, ONE, "c1", flow, load_catalogue(), today)
    (explained,) = found.executions
    assert explained.story.execution.waits_for == "concurrency"
    assert found.obstacles == ()


def test_it_is_listed_among_the_limits(postgres: PostgresWorld) -> None:
    flow = postgres.publish(line("w", wait("p"), concurrency=2))
    postgres.publish(line("free", wait("p")))
    postgres.publish(line("w", wait("p"), concurrency=1), TWO)
    starts(postgres, flow, 5)
    assert at_once_limits(postgres.connection, ONE) == [AtOnce(flow, 2, 0, 5)]
    postgres.executions.promote()
    assert at_once_limits(postgres.connection, ONE) == [AtOnce(flow, 2, 2, 3)]
    words = ["list", "--organization", ONE, "--dsn", postgres.dsn]
    said = CliRunner().invoke(app, words).output
    assert f"{flow}: 2 executions at once, as its published version says; 2 under way, 3 wait" in said
    told = json.loads(CliRunner().invoke(app, [*words, "--json"]).output)
    assert told["at_once"] == [{"workflow": flow, "at_once": 2, "under_way": 2, "waiting": 3}]


def test_a_pause_and_a_limit_on_starts_keep_the_order(postgres: PostgresWorld) -> None:
    flow = postgres.publish(line("w", wait("p"), concurrency=1))
    limit_starts(postgres.connection, ONE, flow, Per.DAY, 2, ADA)
    first, second, third = starts(postgres, flow, 3)
    postgres.executions.promote()
    assert postgres.waiting() == [second.execution]
    assert read_story(postgres.connection, ONE, third.execution).execution.waits_for == "rate_limit"
    pause(postgres.connection, ONE, flow, ADA)
    assert postgres.waiting() == []
    assert postgres.executions.promote() == 0
    resume(postgres.connection, ONE, flow, ADA)
    assert postgres.waiting() == [second.execution]
    tomorrow = postgres.rows(
        "SELECT due_at FROM atlas.workflow_execution_queue WHERE waits_for = 'rate_limit'"
    )[0][0]
    postgres.move_to(tomorrow)
    postgres.executions.promote()
    assert postgres.waiting() == [second.execution, third.execution], "its window has come, its place has not"
    cancel(postgres.connection, ONE, second.execution, ADA)
    work(postgres)
    assert (postgres.end(second.execution) or ("",))[0] == "cancelled", "what waits can be cancelled"
    play(postgres, [])
    assert [(postgres.end(each.execution) or ("",))[0] for each in (first, third)] == ["completed"] * 2


def test_a_nested_workflow_that_is_waited_for_never_waits(world: World) -> None:
    child = world.publish(line("child", wait("p", 1, "days"), concurrency=1))
    (first, second) = starts(world, child, 2)
    world.executions.promote()
    work(world)
    world.publish(line("child", setting("x"), concurrency=1))
    asks = Node("s", "sub_workflow", {"workflow_id": child})
    begun = starts(world, world.publish(line("parent", asks, concurrency=1)), 2)
    world.executions.promote()
    work(world)
    assert {world.end(each) for each in ids(begun)} == {("completed", None)}
    assert (world.end(first.execution), world.waiting()) == (None, [second.execution])


def test_what_is_let_go_on_anew_waits_too(postgres: PostgresWorld) -> None:
    flow = postgres.publish(line("w", node("n"), concurrency=1))
    begun = starts(postgres, flow, 2)
    postgres.executions.promote()
    play(postgres, ["add_note"], lambda _: Refused("provider", "no", may_retry=False))
    assert {(postgres.end(each) or ("",))[0] for each in ids(begun)} == {"failed"}
    for each in reversed(begun):
        replay(postgres.connection, ONE, each.execution, load_catalogue(), ADA)
    postgres.executions.promote()
    assert postgres.waiting() == [begun[0].execution]
    work(postgres)
    perform(postgres, ["add_note"], lambda _: Performed())
    assert work(postgres) == 2, "the other one begins when the first one ends"
    play(postgres, ["add_note"])
    assert {(postgres.end(each) or ("",))[0] for each in ids(begun)} == {"completed"}


@pytest.mark.parametrize("now_at_once", [None, 3, 1])
def test_another_version_counts_from_then_on(postgres: PostgresWorld, now_at_once: int | None) -> None:
    from test_publication import published

    flow = published(postgres, line("w", wait("p"))).workflow
    before = starts(postgres, flow, 2)
    work(postgres)
    published(postgres, line("w", wait("p"), setting("a"), concurrency=2))
    after = starts(postgres, flow, 3)
    postgres.executions.promote()
    assert postgres.waiting() == ids(after), "who began before there was a number counts"
    published(postgres, line("w", wait("p"), setting("b"), concurrency=now_at_once))
    postgres.executions.promote()
    expected = {None: [], 3: ids(after)[1:], 1: ids(after)}[now_at_once]
    assert postgres.waiting() == expected
    if now_at_once == 1:
        archive(postgres.connection, ONE, flow, ADA, AtArchive.FINISH)
    play(postgres, [])
    assert {postgres.end(each) for each in ids([*before, *after])} == {("completed", None)}

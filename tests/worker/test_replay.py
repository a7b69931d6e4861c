"""A failed execution goes on from the step that failed; what went out does not go out again; every replay is audited."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from typer.testing import CliRunner
from workflows import line, node, setting, wait
from world import NOON, ONE, TWO, PostgresWorld, perform, wish, work

from atlas_workflows.cli.dead_letters import app
from atlas_workflows.engine.events import Happened
from atlas_workflows.errors import InputError
from atlas_workflows.graph.model import Edge, Node, Settings, Workflow
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.store.dead_letters import Group, NotReplayed, causes, replay_all
from atlas_workflows.store.history import read_story
from atlas_workflows.store.parked import Verdict, resolve
from atlas_workflows.store.publication import pause, resume
from atlas_workflows.store.steering import By, Replay, cancel, replay
from atlas_workflows.worker.bell import Bell
from atlas_workflows.worker.causes import pattern_of
from atlas_workflows.worker.lane import Lane
from atlas_workflows.worker.model import Answer, Dispatch, Finished, Performed, Refused, Unclear

ADA = By("ada", "the provider is back")


def replayed(world: PostgresWorld, execution: str, by: By | None = ADA, organization: str = ONE) -> Replay:
    return replay(world.connection, organization, execution, load_catalogue(), by, now=NOON)


class Provider:
    """Answers by node, and counts what was done."""

    def __init__(self, **answers: Answer) -> None:
        self.answers = answers
        self.calls: Counter[str] = Counter()

    def __call__(self, dispatch: Dispatch) -> Answer:
        step = dispatch.key.split("/")[1]
        self.calls[step] += 1
        return self.answers.get(step, Performed())


def through(world: PostgresWorld, provider: Provider) -> None:
    while work(world) or perform(world, ["add_note"], provider):
        pass


@pytest.mark.parametrize("broken", ["n1", "n2", "n3"])
def test_it_goes_on_from_the_step_that_failed(postgres: PostgresWorld, broken: str) -> None:
    steps = (setting("a"), node("n1"), node("n2"), node("n3"), setting("b"))
    (begun,) = postgres.start(wish(postgres.publish(line("w", *steps))))
    provider = Provider(**{broken: Refused("provider", "It is down.", may_retry=False)})
    through(postgres, provider)
    assert postgres.end(begun.execution) == ("failed", f"{broken}: It is down.")
    plan = replayed(postgres, begun.execution, None)
    before = [f"{begun.execution}/{name}" for name in ("n1", "n2", "n3") if name < broken]
    assert (plan.nodes, list(plan.done), plan.may_send, plan.was_done) == ((broken,), before, True, False)
    assert postgres.end(begun.execution) is not None, "nothing was done"
    provider.answers.clear()
    assert replayed(postgres, begun.execution).was_done
    through(postgres, provider)
    assert postgres.end(begun.execution) == ("completed", None)
    assert provider.calls == {"n1": 1, "n2": 1, "n3": 1} | {broken: 2}
    recorded = [(step[0], step[4]) for step in postgres.steps(begun.execution)]
    assert recorded.count((broken, "failed")) == 1
    assert [name for name, status in recorded if status == "completed"] == ["a", "n1", "n2", "n3", "b"]
    audited = postgres.rows("SELECT actor, action, reason, subject_id FROM atlas.audit_log")
    assert audited == [("ada", "replay_execution", "the provider is back", begun.execution)]
    with pytest.raises(InputError, match="no failed execution"):
        replayed(postgres, begun.execution)


def branches(*nodes: Node) -> Workflow:
    """Each node on a branch of its own."""
    edges = tuple(Edge(f"e{found.id}", "t", found.id) for found in nodes)
    return Workflow("w", "w", nodes, edges, line("x").triggers, settings=Settings())


def test_other_branches_go_on_where_they_were(postgres: PostgresWorld) -> None:
    flow = branches(node("n1"), node("n2"), node("n3"), wait("p", 5))
    (begun,) = postgres.start(wish(postgres.publish(flow)))
    work(postgres)
    taken = {d.key.split("/")[1]: d for d in postgres.ledger.exchange((), {"add_note": 2})}
    provider = Provider(n1=Refused("provider", "no", may_retry=False), n2=Performed())
    assert set(taken) == {"n1", "n2"}, "n3 is intended"
    postgres.ledger.exchange([Finished(taken["n1"], provider(taken["n1"]))], {})
    work(postgres)
    assert postgres.end(begun.execution) is not None
    postgres.ledger.exchange([Finished(taken["n2"], provider(taken["n2"]))], {})
    provider.answers.clear()
    assert set(replayed(postgres, begun.execution).nodes) == {"n1", "n2", "n3"}
    through(postgres, provider)
    assert provider.calls == {"n1": 2, "n2": 1, "n3": 1}, (
        "n2 was done behind the failure and is not done again"
    )
    assert postgres.end(begun.execution) is None, "the wait keeps its time"
    postgres.move_to(NOON.replace(minute=5))
    postgres.executions.promote()
    through(postgres, provider)
    assert postgres.end(begun.execution) == ("completed", None)


def test_what_nobody_can_tell_still_waits_for_a_person(postgres: PostgresWorld) -> None:
    (begun,) = postgres.start(wish(postgres.publish(branches(node("n1"), node("n2")))))
    provider = Provider(n1=Refused("provider", "no", may_retry=False), n2=Unclear("silence"))
    through(postgres, provider)
    assert replayed(postgres, begun.execution).unknown == (f"{begun.execution}/n2",)
    provider.answers.clear()
    through(postgres, provider)
    assert provider.calls == {"n1": 2, "n2": 1}
    assert postgres.effects()[f"{begun.execution}/n2"] == "unknown"
    assert postgres.end(begun.execution) is None


def test_what_is_sent_again_by_decision_waits_for_the_resume(postgres: PostgresWorld) -> None:
    flow = postgres.publish(branches(node("n1"), node("n2")))
    (begun,) = postgres.start(wish(flow))
    provider = Provider(n1=Refused("provider", "no", may_retry=False), n2=Unclear("silence"))
    through(postgres, provider)
    pause(postgres.connection, ONE, flow, ADA)
    assert replayed(postgres, begun.execution).is_held
    resolve(postgres.connection, ONE, f"{begun.execution}/n2", Verdict.AGAIN, by="ada", reason="not there")
    provider.answers.clear()
    through(postgres, provider)
    assert provider.calls == {"n1": 1, "n2": 1}, "nothing goes out while it is paused"
    resume(postgres.connection, ONE, flow, ADA)
    through(postgres, provider)
    assert provider.calls == {"n1": 2, "n2": 2}
    assert postgres.end(begun.execution) == ("completed", None)


def test_what_a_cancelled_replay_waited_for_is_not_sent_again(postgres: PostgresWorld) -> None:
    """The workflow is paused, so the execution that was let go on ends before it asks again."""
    flow = postgres.publish(branches(node("n1"), node("n2")))
    (begun,) = postgres.start(wish(flow))
    provider = Provider(n1=Refused("provider", "no", may_retry=False), n2=Unclear("silence"))
    through(postgres, provider)
    pause(postgres.connection, ONE, flow, ADA)
    replayed(postgres, begun.execution)
    cancel(postgres.connection, ONE, begun.execution, ADA)
    work(postgres)
    with pytest.raises(InputError, match="given up"):
        resolve(
            postgres.connection, ONE, f"{begun.execution}/n2", Verdict.AGAIN, by="ada", reason="not there"
        )


def test_a_round_of_a_loop_goes_on_in_that_round(postgres: PostgresWorld) -> None:
    loop = Node("l", "loop", {"kind": "count", "count": 3})
    nodes = (loop, node("n"), setting("z"))
    edges = (Edge("e1", "t", "l"), Edge("e2", "l", "n", "body"), Edge("e3", "l", "z", "done"))
    flow = Workflow("w", "w", nodes, edges, line("x").triggers)
    (begun,) = postgres.start(wish(postgres.publish(flow)))
    failing, counted = [True], Counter[str]()

    def answer(dispatch: Dispatch) -> Answer:
        counted[dispatch.key.rpartition("/")[2]] += 1
        return (
            Refused("provider", "no", may_retry=False)
            if failing[0] and dispatch.key.endswith("/1")
            else Performed()
        )

    while work(postgres) or perform(postgres, ["add_note"], answer):
        pass
    assert postgres.end(begun.execution) is not None
    failing[0] = False
    replayed(postgres, begun.execution)
    while work(postgres) or perform(postgres, ["add_note"], answer):
        pass
    assert postgres.end(begun.execution) == ("completed", None)
    assert counted == {"0": 1, "1": 2, "2": 1}


def test_a_fault_of_ours_goes_on_from_where_it_stood(postgres: PostgresWorld) -> None:
    """With the event that it was to be told."""
    listens = Node("e", "wait", {"wait": {"kind": "until_event", "events": [{"type": "ping"}]}})
    (begun,) = postgres.start(wish(postgres.publish(line("w", node("n"), listens, setting("a")))))
    through(postgres, Provider())
    postgres.tell(ONE, begun.execution, Happened("ping", NOON, {}))

    class Broken:
        def program(self, *_: Any) -> Any:
            raise ZeroDivisionError

    lane = Lane(postgres.executions, Broken(), Bell())
    lane.round(10)
    lane.round(0)
    assert postgres.end(begun.execution) == ("failed", "The interpreter failed: ZeroDivisionError.")
    assert not replayed(postgres, begun.execution, None).may_send, "only a variable is left to set"
    replayed(postgres, begun.execution)
    through(postgres, Provider())
    assert postgres.end(begun.execution) == ("completed", None)


def test_an_execution_that_could_not_begin_begins(postgres: PostgresWorld) -> None:
    flow = line("w", setting("a"))
    workflow = postgres.publish(flow)
    (begun,) = postgres.start(wish(workflow, data={"contact": {"id": "c1"}}))
    postgres.connection.execute(
        "UPDATE atlas.execution_states SET workflow_version = 9 WHERE execution_id = %s", [begun.execution]
    )
    work(postgres)
    end = postgres.end(begun.execution)
    assert end
    assert "cannot be read" in str(end[1])
    with pytest.raises(InputError, match="Version 9"):
        replayed(postgres, begun.execution)
    postgres.connection.execute("UPDATE atlas.dead_letters SET workflow_version = 1")
    replayed(postgres, begun.execution)
    work(postgres)
    assert postgres.end(begun.execution) == ("completed", None)


def test_a_nested_workflow_is_replayed_first(postgres: PostgresWorld) -> None:
    inner = postgres.publish(line("inner", node("n"), setting("x")))
    outer = postgres.publish(line("outer", Node("s", "sub_workflow", {"workflow_id": inner}), setting("y")))
    (begun,) = postgres.start(wish(outer))
    provider = Provider(n=Refused("provider", "no", may_retry=False))
    through(postgres, provider)
    assert postgres.end(begun.execution) is not None
    ((child,),) = postgres.rows(
        "SELECT execution_id::text FROM atlas.dead_letters WHERE workflow_id = %s", inner
    )
    provider.answers.clear()
    replayed(postgres, child)
    through(postgres, provider)
    assert postgres.end(child) == ("completed", None)
    replayed(postgres, begun.execution)
    through(postgres, provider)
    assert postgres.end(begun.execution) == ("completed", None)
    assert provider.calls == {"n": 2}


def test_the_time_between_does_not_count(postgres: PostgresWorld) -> None:
    """Neither for the longest execution nor for the timeout of what was under way."""
    slow = Node("n1", "add_note", {"text": "x"}, timeout_seconds=60)
    (begun,) = postgres.start(wish(postgres.publish(branches(slow, node("n2")))))
    provider = Provider(n2=Refused("provider", "no", may_retry=False))
    work(postgres)
    taken = {d.key.split("/")[1]: d for d in postgres.ledger.exchange((), {"add_note": 2})}
    postgres.ledger.exchange([Finished(taken["n2"], provider(taken["n2"]))], {})
    work(postgres)
    later = NOON + timedelta(days=3)
    postgres.move_to(later)
    replay(postgres.connection, ONE, begun.execution, load_catalogue(), ADA, now=later)
    provider.answers.clear()
    postgres.ledger.exchange([Finished(taken["n1"], provider(taken["n1"]))], {})
    work(postgres)
    postgres.executions.promote()
    through(postgres, provider)
    assert postgres.end(begun.execution) == ("completed", None)
    assert provider.calls == {"n1": 1, "n2": 2}


def test_nothing_of_others_is_replayed(postgres: PostgresWorld) -> None:
    workflow = postgres.publish(line("w", node("n")))
    (begun,) = postgres.start(wish(workflow))
    through(postgres, Provider(n=Refused("provider", "no", may_retry=False)))
    with pytest.raises(InputError, match="no failed execution"):
        replayed(postgres, begun.execution, organization=TWO)
    postgres.connection.execute(
        "UPDATE atlas.workflows SET source_table = 'workflows', source_id = 'w', owner = 'legacy_app'"
    )
    with pytest.raises(InputError, match="executed by legacy_app"):
        replayed(postgres, begun.execution)
    with pytest.raises(InputError, match="name and a reason"):
        replayed(postgres, begun.execution, By("ada", " "))
    assert postgres.entry(begun.execution) is None


def test_causes_group_and_are_replayed_together(postgres: PostgresWorld) -> None:
    workflow = postgres.publish(line("w", node("n")))
    postgres.start(*(wish(workflow, f"c{i}") for i in range(5)))
    tried: Counter[str] = Counter()

    def answer(dispatch: Dispatch) -> Answer:
        tried[dispatch.key] += 1
        place = sum(tried.values())
        cause = "rejected" if place == 5 else "provider"
        return Refused(cause, f"Status 50{place} from https://a.example/{place}.", may_retry=False)

    while work(postgres) or perform(postgres, ["add_note"], answer):
        pass
    found = causes(postgres.connection, ONE)
    assert [(each.error_class, each.node_type, each.executions) for each in found] == [
        ("provider", "add_note", 4),
        ("rejected", "add_note", 1),
    ]
    assert found[0].pattern == "Status N from URL"
    assert causes(postgres.connection, TWO) == []
    group = Group(ONE, "provider", "add_note", found[0].pattern)
    catalogue = load_catalogue()
    assert len(list(replay_all(postgres.connection, group, catalogue, None))) == 4
    assert len(causes(postgres.connection, ONE)) == 2, "nothing was done"
    assert all(isinstance(each, Replay) for each in replay_all(postgres.connection, group, catalogue, ADA))
    through(postgres, Provider())
    assert [each.error_class for each in causes(postgres.connection, ONE)] == ["rejected"]
    postgres.connection.execute("UPDATE atlas.workflows SET status = 'archived'")
    (left,) = replay_all(postgres.connection, Group(ONE, "rejected"), catalogue, ADA)
    assert isinstance(left, NotReplayed)
    assert "archived" in left.why


def test_what_was_let_go_on_before_an_error_is_reported(postgres: PostgresWorld) -> None:
    workflow = postgres.publish(line("w", node("n")))
    first, second = postgres.start(wish(workflow, "c1"), wish(workflow, "c2"))
    through(postgres, Provider(n=Refused("provider", "down", may_retry=False)))
    broken = "UPDATE atlas.dead_letters SET document = '{}', failed_at = failed_at + interval '1 day' WHERE execution_id = %s"
    postgres.rows_changed(broken, second.execution)
    given = (
        "replay",
        "--organization",
        ONE,
        "--class",
        "provider",
        "--send",
        "--by",
        "ada",
        "--reason",
        "up",
    )
    ran = CliRunner().invoke(app, [*given, "--dsn", postgres.dsn])
    assert ran.exit_code != 0
    assert "1 executions go on" in ran.output
    assert postgres.rows("SELECT execution_id::text FROM atlas.execution_states") == [(first.execution,)]


def test_a_live_execution_is_cancelled_and_what_it_asked_for_withdrawn(postgres: PostgresWorld) -> None:
    (begun,) = postgres.start(wish(postgres.publish(line("w", node("n")))))
    work(postgres)
    cancel(postgres.connection, ONE, begun.execution, By("ada", "asked to"))
    work(postgres)
    assert postgres.end(begun.execution) == ("cancelled", "Cancelled by ada: asked to")
    assert set(postgres.effects().values()) == {"cancelled"}
    assert read_story(postgres.connection, ONE, begun.execution).execution.outcome == "cancelled"
    with pytest.raises(InputError, match="under way"):
        cancel(postgres.connection, ONE, begun.execution, By("ada", "again"))
    assert postgres.rows("SELECT action FROM atlas.audit_log") == [("cancel_execution",)]


@pytest.mark.parametrize(
    ("message", "pattern"),
    [
        ("No answer from https://a.example/7 in 30 s.", "No answer from URL in N s."),
        ('The address "ana@b.example" is none.', "The address … is none."),
        ("It is not for ana@b.example at 2026-03-02 12:00:00.", "It is not for ADDRESS at N."),
        ("Workflow 11111111-1111-4111-8111-111111111111 ended.", "Workflow ID ended."),
        ("x" * 10_000, "x" * 300),
        ("", ""),
    ],
)
def test_a_pattern_leaves_out_what_varies(message: str, pattern: str) -> None:
    assert pattern_of(message) == pattern

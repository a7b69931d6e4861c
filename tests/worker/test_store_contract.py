"""What both stores promise: claims are fenced and fair, nothing that arrives is lost, an effect is intended once."""

from dataclasses import replace
from datetime import timedelta

import pytest
from workflows import TRIGGER, line, node, setting, wait
from world import LEASE, NOON, ONE, TWO, World, perform, play, wish, work, workflow_id

from atlas_workflows.engine.events import Cancelled, Happened
from atlas_workflows.engine.limits import MAX_NESTED_WORKFLOWS
from atlas_workflows.graph.model import Edge, ErrorMode, Node, Workflow
from atlas_workflows.worker.model import (
    Answer,
    Finished,
    NotSent,
    Performed,
    Refused,
    Turn,
    Unclear,
)
from atlas_workflows.worker.turn import failed_turn, take_turn

PING = Happened("ping", NOON, {"n": 1})


def turns(world: World, size: int = 100) -> list[Turn]:
    batch = world.executions.checkpoint((), size)[0]
    return [
        take_turn(c, world.definitions.program(c.organization, c.workflow, c.version), batch.now)
        for c in batch.claimed
    ]


def listening(name: str = "listens") -> Node:
    return Node(name, "wait", {"wait": {"kind": "until_event", "events": [{"type": "ping"}]}})


def test_a_published_workflow_runs_to_its_end(world: World) -> None:
    workflow = world.publish(line("w", setting("a"), setting("b")))
    (begun,) = world.start(wish(workflow))
    assert begun.answer == "started"
    assert work(world) == 1
    assert world.end(begun.execution) == ("completed", None)
    assert [step[0] for step in world.steps(begun.execution)] == ["a", "b"]
    assert world.entry(begun.execution) is None


def test_the_same_wish_makes_one_execution(world: World) -> None:
    workflow = world.publish(line("w", setting("a")))
    answers = world.start(
        wish(workflow), wish(workflow), wish(workflow, anchor="b"), wish(workflow, subject="c2")
    )
    assert len({answer.execution for answer in answers}) == 3
    assert work(world) == 3
    assert [answer.answer for answer in world.start(wish(workflow))] == ["enrolled"]
    assert work(world) == 0


def test_nothing_starts_that_is_not_published(world: World) -> None:
    theirs = world.publish(line("w", setting("a")), TWO)
    answers = world.start(wish(theirs), wish("no uuid"), wish("33333333-3333-4333-8333-333333333333"))
    assert [answer.answer for answer in answers] == ["refused"] * 3
    assert work(world) == 0


def test_an_execution_keeps_the_version_it_began_with(world: World) -> None:
    workflow = world.publish(line("w", wait("pause"), setting("old")))
    (begun,) = world.start(wish(workflow))
    work(world)
    world.publish(line("w", setting("new")))
    play(world, [])
    assert [step[0] for step in world.steps(begun.execution)] == ["pause", "old"]


def test_a_wait_is_due_at_its_instant_and_not_before(world: World) -> None:
    workflow = world.publish(line("w", wait("pause", 5)))
    (begun,) = world.start(wish(workflow))
    work(world)
    world.move_to(NOON + timedelta(minutes=5) - timedelta(microseconds=1))
    assert world.executions.promote() == 0
    world.move_to(NOON + timedelta(minutes=5))
    assert world.executions.promote() == 1
    work(world)
    assert world.end(begun.execution) == ("completed", None)


def test_a_stale_claim_writes_nothing(world: World) -> None:
    workflow = world.publish(line("w", setting("a"), node("n")))
    (begun,) = world.start(wish(workflow))
    stalled = turns(world)
    world.move_to(NOON + LEASE)
    assert world.executions.promote() == 1
    assert world.executions.checkpoint(stalled, 0)[1] == {(ONE, begun.execution)}, (
        "promoted, not claimed again"
    )
    assert world.effects() == {}
    others = turns(world)
    assert world.executions.checkpoint(stalled, 0)[1] == {(ONE, begun.execution)}, "claimed by somebody else"
    assert world.executions.checkpoint(others, 0)[1] == frozenset()
    assert world.executions.checkpoint(others, 0)[1] == {(ONE, begun.execution)}, "written before"
    assert [step[0] for step in world.steps(begun.execution)] == ["a"]
    assert len(world.effects()) == 1


def test_a_stale_claim_takes_nobody_with_it(world: World) -> None:
    workflow = world.publish(line("w", setting("a")))
    one, two = world.start(wish(workflow, "c1"), wish(workflow, "c2"))
    found = turns(world)
    stale = [
        replace(turn, claimed=replace(turn.claimed, fencing=turn.claimed.fencing - 1))
        if turn.claimed.execution == one.execution
        else turn
        for turn in found
    ]
    assert world.executions.checkpoint(stale, 0)[1] == {(ONE, one.execution)}
    assert world.end(one.execution) is None
    assert world.end(two.execution) == ("completed", None)


def test_what_arrives_while_a_worker_has_it_is_not_lost(world: World) -> None:
    workflow = world.publish(line("w", listening(), setting("a")))
    (begun,) = world.start(wish(workflow))
    in_hand = turns(world)
    assert world.tell(ONE, begun.execution, PING)
    entry = world.entry(begun.execution)
    assert entry
    assert (entry.ready, entry.leased, entry.again) == (False, True, True)
    world.executions.checkpoint(in_hand, 0)
    entry = world.entry(begun.execution)
    assert entry
    assert (entry.ready, entry.leased, entry.again) == (True, False, False)
    work(world)
    assert world.end(begun.execution) == ("completed", None)


def test_what_arrives_between_promotion_and_claim_is_not_lost(world: World) -> None:
    workflow = world.publish(line("w", listening(), setting("a")))
    (begun,) = world.start(wish(workflow))
    stalled = turns(world)
    world.move_to(NOON + LEASE)
    world.executions.promote()
    world.tell(ONE, begun.execution, PING)
    world.executions.checkpoint(stalled, 0)
    work(world)
    assert world.end(begun.execution) == ("completed", None)


def test_everybody_about_a_subject_is_told(world: World) -> None:
    workflow = world.publish(line("w", listening()))
    found = world.start(*(wish(workflow, "c1", anchor) for anchor in "ab"), wish(workflow, "c2"))
    work(world)
    assert world.tell_all(ONE, "c1", PING) == 2
    assert world.tell_all(TWO, "c1", PING) == 0
    work(world)
    assert [world.end(each.execution) is not None for each in found] == [True, True, False]


def test_nobody_is_told_who_is_not_live(world: World) -> None:
    workflow = world.publish(line("w", setting("a")))
    (begun,) = world.start(wish(workflow))
    work(world)
    assert not world.tell(ONE, begun.execution, PING)
    assert world.tell_all(ONE, "c1", PING) == 0


def test_a_cancelled_execution_sends_nothing(world: World) -> None:
    workflow = world.publish(line("w", node("n")))
    (begun,) = world.start(wish(workflow))
    work(world)
    world.tell(ONE, begun.execution, Cancelled("nobody wants it"))
    work(world)
    assert set(world.effects().values()) == {"cancelled"}
    assert perform(world, ["add_note"], lambda dispatch: Performed()) == 0
    assert world.end(begun.execution) == ("cancelled", "nobody wants it")


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (NotSent(), "cancelled"),
        (NotSent(may_be_done=True), "unknown"),
        (Unclear("silence"), "unknown"),
        (Performed(), "done"),
    ],
)
def test_what_comes_back_to_a_cancelled_execution_is_not_sent_again(
    world: World, answer: Answer, status: str
) -> None:
    workflow = world.publish(line("w", node("n")))
    (begun,) = world.start(wish(workflow))
    work(world)
    (taken,) = world.ledger.exchange((), {"add_note": 1})
    world.tell(ONE, begun.execution, Cancelled("nobody wants it"))
    work(world)
    assert world.ledger.exchange([Finished(taken, answer)], {"add_note": 1}) == []
    assert set(world.effects().values()) == {status}


def test_an_attempt_that_is_asked_for_again_is_sent_though_the_one_before_was_given_up(world: World) -> None:
    from workflows import retried

    workflow = world.publish(line("w", retried("n", 2, timeout_seconds=30)))
    (begun,) = world.start(wish(workflow))
    work(world)
    (taken,) = world.ledger.exchange((), {"add_note": 1})
    for seconds in (30, 90):  # the attempt takes too long; the next one asks for what is still being sent
        world.move_to(NOON + timedelta(seconds=seconds))
        world.executions.promote()
        work(world)
    assert len(world.ledger.exchange([Finished(taken, NotSent())], {"add_note": 1})) == 1
    assert world.end(begun.execution) is None


def test_an_execution_that_cannot_go_on_leaves_nothing_to_be_sent(world: World) -> None:
    workflow = world.publish(line("w", node("n")))
    (begun,) = world.start(wish(workflow))
    work(world)
    world.tell(ONE, begun.execution, PING)
    (claimed,) = world.executions.checkpoint((), 1)[0].claimed
    world.executions.checkpoint([failed_turn(claimed, "The interpreter failed.", NOON)], 0)
    assert world.ledger.exchange((), {"add_note": 1}) == []
    assert set(world.effects().values()) == {"cancelled"}


def test_an_effect_goes_from_intended_to_done_and_its_execution_on(world: World) -> None:
    workflow = world.publish(line("w", node("n"), setting("a")))
    (begun,) = world.start(wish(workflow))
    work(world)
    key = f"{begun.execution}/n"
    assert world.effects() == {key: "intended"}
    (taken,) = world.ledger.exchange((), {"add_note": 16, "send_sms": 16})
    assert (taken.key, taken.content, taken.contact["email"]) == (key, {"text": "n"}, "c1@example.com")
    assert world.effects() == {key: "dispatching"}
    assert world.ledger.exchange((), {"add_note": 16}) == []
    world.ledger.exchange([Finished(taken, Performed({"id": 7}))], {})
    assert world.effects() == {key: "done"}
    work(world)
    assert world.end(begun.execution) == ("completed", None)


def test_an_answer_counts_once_and_from_the_last_dispatch_only(world: World) -> None:
    workflow = world.publish(line("w", node("n")))
    world.start(wish(workflow))
    work(world)
    (first,) = world.ledger.exchange((), {"add_note": 1})
    (second,) = world.ledger.exchange([Finished(first, NotSent())], {"add_note": 1})
    world.ledger.exchange([Finished(first, Refused("provider", "late"))], {})
    assert set(world.effects().values()) == {"dispatching"}
    world.ledger.exchange([Finished(second, Performed())], {})
    world.ledger.exchange([Finished(second, Refused("provider", "twice"))], {})
    assert set(world.effects().values()) == {"done"}


def test_an_effect_whose_worker_is_gone_is_taken_over_once(world: World) -> None:
    workflow = world.publish(line("w", node("n")))
    (begun,) = world.start(wish(workflow))
    work(world)
    (taken,) = world.ledger.exchange((), {"add_note": 1})
    assert world.ledger.take_stale(10) == []
    world.move_to(NOON + LEASE + timedelta(seconds=1))
    (stale,) = world.ledger.take_stale(10)
    assert (stale.key, stale.subject, stale.intended_at) == (taken.key, "c1", taken.intended_at)
    assert stale.intended_at is not None
    assert world.ledger.take_stale(10) == []
    world.ledger.exchange([Finished(stale, Unclear("nobody can tell"))], {})
    assert set(world.effects().values()) == {"unknown"}
    work(world)
    assert world.end(begun.execution) is None, "a person decides"
    world.ledger.exchange([Finished(taken, Performed())], {})
    assert set(world.effects().values()) == {"done"}, "the worker came back and knows"
    work(world)
    assert world.end(begun.execution) == ("completed", None)


def test_a_failed_effect_is_intended_again_under_the_same_key(world: World) -> None:
    from workflows import retried

    workflow = world.publish(line("w", retried("n", 3)))
    (begun,) = world.start(wish(workflow))
    answers = iter([Refused("provider", "busy"), Refused("provider", "busy"), Performed()])
    play(world, ["add_note"], lambda dispatch: next(answers))
    assert world.effects() == {f"{begun.execution}/n": "done"}
    assert [step[3:5] for step in world.steps(begun.execution)] == [
        (1, "failed"),
        (2, "failed"),
        (3, "completed"),
    ]


def test_what_was_sent_too_late_is_not_sent_again_by_the_next_attempt(world: World) -> None:
    from workflows import retried

    workflow = world.publish(line("w", retried("n", 2, timeout_seconds=30), setting("a")))
    (begun,) = world.start(wish(workflow))
    work(world)
    (taken,) = world.ledger.exchange((), {"add_note": 1})
    world.move_to(NOON + timedelta(seconds=30))
    world.executions.promote()
    work(world)  # the attempt has taken too long
    world.ledger.exchange([Finished(taken, Performed({"id": 7}))], {})
    work(world)
    world.move_to(NOON + timedelta(seconds=90))
    world.executions.promote()
    work(world)  # the second attempt asks for what is done
    assert world.ledger.exchange((), {"add_note": 1}) == []
    assert world.end(begun.execution) == ("completed", None)


def test_an_effect_that_took_too_long_before_it_was_sent_is_withdrawn(world: World) -> None:
    late = Node("n", "add_note", {"text": "x"}, timeout_seconds=30)
    workflow = world.publish(line("w", late))
    world.start(wish(workflow))
    work(world)
    world.move_to(NOON + timedelta(seconds=30))
    world.executions.promote()
    work(world)
    assert world.ledger.exchange((), {"add_note": 1}) == []
    assert set(world.effects().values()) == {"cancelled"}


def test_waiting_for_its_turn_does_not_end_an_execution(world: World) -> None:
    """However long a provider's limit or those before it make an effect wait: it is queued, never dropped."""
    workflow = world.publish(line("w", node("n"), node("m")))
    (begun,) = world.start(wish(workflow))
    work(world)
    for name, hours in (("n", 1), ("m", 2)):
        for minutes in (20, 40, 58):
            world.move_to(NOON + timedelta(hours=hours - 1, minutes=minutes))
            world.executions.promote()
            work(world)
        (taken,) = world.ledger.exchange((), {"add_note": 1})
        assert taken.key.endswith(name)
        world.move_to(NOON + timedelta(hours=hours))
        world.ledger.exchange([Finished(taken, Performed())], {})
        work(world)
    assert world.end(begun.execution) == ("completed", None)


def test_being_performed_counts_and_waiting_for_a_person_does_not(world: World) -> None:
    workflow = world.publish(line("w", node("n"), node("m"), node("o"), max_execution_seconds=150))
    (begun,) = world.start(wish(workflow))
    work(world)
    (taken,) = world.ledger.exchange((), {"add_note": 1})
    world.move_to(NOON + timedelta(seconds=50))
    world.ledger.exchange([Finished(taken, Unclear("gone"))], {})
    world.move_to(NOON + timedelta(hours=2))
    world.executions.promote()
    work(world)
    world.move_to(NOON + timedelta(hours=3))
    world.ledger.exchange([Finished(taken, Performed())], {})
    work(world)
    assert world.end(begun.execution) is None
    (taken,) = world.ledger.exchange((), {"add_note": 1})
    world.move_to(NOON + timedelta(hours=3, seconds=110))
    world.ledger.exchange([Finished(taken, Performed())], {})
    work(world)
    end = world.end(begun.execution)
    assert end is not None
    assert end[0] == "timeout", "it was performed for 50 and 110 seconds"


def test_what_nobody_waits_for_any_more_makes_nobody_idle(world: World) -> None:
    slow = Node("n", "add_note", {"text": "x"}, on_error=ErrorMode.CONTINUE, timeout_seconds=100)
    workflow = world.publish(line("w", slow, node("m"), max_execution_seconds=180))
    (begun,) = world.start(wish(workflow))
    work(world)
    for seconds in (100, 190):
        assert len(world.ledger.exchange((), {"add_note": 1})) == 1
        world.move_to(NOON + timedelta(seconds=seconds))
        world.executions.promote()
        work(world)
    end = world.end(begun.execution)
    assert end is not None, "the first is under way for nobody, the second was performed for 90 seconds"
    assert end[0] == "timeout"


def test_no_more_effects_are_taken_than_there_is_room_and_organizations_share_it(world: World) -> None:
    for organization, many in ((ONE, 30), (TWO, 2)):
        workflow = world.publish(line("w", node("n")), organization)
        world.start(*(wish(workflow, f"c{i}", organization=organization) for i in range(many)))
    work(world)
    taken = world.ledger.exchange((), {"add_note": 8})
    assert [sum(each.organization == o for each in taken) for o in (ONE, TWO)] == [4, 2]


def test_a_claim_is_fair_to_organizations_and_goes_by_priority_within_one(world: World) -> None:
    for organization, many in ((ONE, 30), (TWO, 2)):
        workflow = world.publish(line("w", setting("a")), organization)
        world.start(*(wish(workflow, f"c{i}", organization=organization) for i in range(many)))
    workflow = world.publish(line("w", setting("a")))
    (urgent,) = world.start(wish(workflow, "vip", priority=9))
    claimed = world.executions.checkpoint((), 10)[0].claimed
    assert [sum(each.organization == o for each in claimed) for o in (ONE, TWO)] == [5, 2]
    assert urgent.execution in {each.execution for each in claimed}


def test_what_was_asked_for_first_is_claimed_first(world: World) -> None:
    workflow = world.publish(line("w", setting("a")))
    asked = [begun.execution for begun in world.start(*(wish(workflow, f"c{i}") for i in range(30)))]
    claimed = [each.execution for _ in range(10) for each in world.executions.checkpoint((), 3)[0].claimed]
    assert [set(claimed[at : at + 3]) for at in range(0, 30, 3)] == [
        set(asked[at : at + 3]) for at in range(0, 30, 3)
    ]


def test_more_organizations_than_a_batch_holds_take_turns(world: World) -> None:
    names = [f"{i:08x}-0000-4000-8000-000000000000" for i in range(1, 8)]
    for name in names:
        workflow = world.publish(line("w", wait("p"), setting("a")), name)
        world.start(*(wish(workflow, f"c{i}", organization=name) for i in range(3)))
    seen = [{each.organization for each in world.executions.checkpoint((), 3)[0].claimed} for _ in range(3)]
    assert set().union(*seen) == set(names)


@pytest.mark.parametrize("hard", ["zero \0 half \ud800 end", 'a "\\" \\u0000 b'])
def test_text_that_a_database_cannot_hold_does_not_stop_an_execution(world: World, hard: str) -> None:
    workflow = world.publish(
        line("w", node("n", text="{{ trigger.text }}"), setting("a", "{{ trigger.text }}"))
    )
    (begun,) = world.start(wish(workflow, data={"trigger": {"text": hard, "big": 12345678901234567890123}}))
    play(world, ["add_note"], lambda dispatch: Performed({"said": hard}))
    assert world.end(begun.execution) == ("completed", None)
    assert [step[4] for step in world.steps(begun.execution)] == ["completed", "completed"]


def test_a_clock_that_jumps_back_neither_repeats_nor_loses(world: World) -> None:
    workflow = world.publish(
        line("w", setting("a"), wait("pause", 5), setting("b"), wait("again", 5), setting("c"))
    )
    (begun,) = world.start(wish(workflow))
    work(world)
    world.move_to(NOON + timedelta(minutes=5))
    world.executions.promote()
    world.move_to(NOON - timedelta(hours=1))
    work(world)
    assert [step[0] for step in world.steps(begun.execution)] == ["a"], (
        "not due by this clock; it is asked again"
    )
    play(world, [])
    assert world.end(begun.execution) == ("completed", None)
    steps = world.steps(begun.execution)
    assert [step[0] for step in steps] == ["a", "pause", "b", "again", "c"]
    assert all(step[6] >= step[5] for step in steps), "no step ends before it began"


def test_a_clock_that_jumps_ahead_lets_everything_go_on_once(world: World) -> None:
    workflow = world.publish(line("w", wait("pause", 5), node("n"), setting("a")))
    begun = world.start(*(wish(workflow, f"c{i}") for i in range(3)))
    work(world)
    world.move_to(NOON + timedelta(days=4_000))
    play(world, ["add_note"])
    assert {world.end(each.execution) for each in begun} == {("completed", None)}
    assert list(world.effects().values()) == ["done"] * 3


def test_workflows_that_start_each_other_stop_at_the_bound(world: World) -> None:
    """The bound travels with the starts: nobody counts over all executions."""
    starts = {"workflow_id": workflow_id("w"), "wait_for_result": False}
    workflow = world.publish(line("w", Node("s", "sub_workflow", starts)))
    (first,) = world.start(wish(workflow))
    assert work(world) > MAX_NESTED_WORKFLOWS
    assert world.end(first.execution) == ("completed", None)
    assert world.next_due() is None
    assert work(world) == 0


def test_an_error_workflow_that_fails_and_names_itself_comes_to_an_end(world: World) -> None:
    failing = line(
        "w", Node("n", "condition", {}), error_mode=ErrorMode.WORKFLOW, error_workflow_id=workflow_id("w")
    )
    (begun,) = world.start(wish(world.publish(failing)))
    assert work(world) == MAX_NESTED_WORKFLOWS + 1
    end = world.end(begun.execution)
    assert end
    assert end[0] == "failed"


def test_answers_and_silence_of_one_execution_come_together(world: World) -> None:
    """One of its effects is known and another one is not, in the same commit."""
    nodes = (node("a"), node("b"), node("c"))
    edges = tuple(Edge(f"e{found.id}", "t", found.id) for found in nodes)
    workflow = world.publish(Workflow("w", "w", nodes, edges, (TRIGGER,)))
    (begun,) = world.start(wish(workflow))
    work(world)
    taken = sorted(world.ledger.exchange((), {"add_note": 3}), key=lambda found: found.key)
    answers = (Performed(), Unclear("silence"), NotSent())
    world.ledger.exchange([Finished(*pair) for pair in zip(taken, answers, strict=True)], {})
    work(world)
    assert [status for _, status in sorted(world.effects().items())] == ["done", "unknown", "intended"]
    assert [step[0] for step in world.steps(begun.execution)] == ["a"]

"""What both stores promise about messages: held until they may go, skipped with a reason, capped across workflows."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from workflows import line, node, setting
from world import NOON, World, everything_works, perform, wish, work

from atlas_workflows.engine.events import Cancelled
from atlas_workflows.graph.model import Node, Workflow

MAIL = ["send_email", "send_whatsapp"]
NIGHT = NOON.replace(hour=23)
MORNING = datetime.fromisoformat("2026-03-03T08:00:00+00:00")
QUIET = {"email": {"quiet_hours": "21:00-08:00"}}


def mail(name: str = "mail", **more: Any) -> Node:
    return node(name, "send_email", subject="Hi", body="x", **more)


def begin(world: World, workflow: Workflow, subject: str = "c1", anchor: str = "a") -> str:
    (begun,) = world.start(wish(world.publish(workflow), subject, anchor))
    work(world)
    return begun.execution


def send(world: World) -> int:
    """Let effects and executions go on as far as they can at this instant; returns how many went out."""
    done = perform(world, MAIL, everything_works)
    work(world)
    return done


def test_a_mail_in_quiet_hours_is_held_and_goes_out_in_the_morning(world: World) -> None:
    world.know("c1", QUIET, zone="Europe/London")
    world.move_to(NIGHT)
    execution = begin(world, line("w", mail(), setting("after")))
    assert send(world) == 0
    assert world.effects() == {f"{execution}/mail": "held"}
    assert world.aside(f"{execution}/mail") == (
        MORNING,
        "quiet_hours: 21:00-08:00 in Europe/London (their own).",
    )
    assert world.ledger.release() == 0
    # Held time is no work: max_execution_seconds is 300.
    assert world.next_due() is None
    world.move_to(MORNING)
    assert world.ledger.release() == 1
    assert send(world) == 1
    assert world.effects() == {f"{execution}/mail": "done"}
    assert world.end(execution) == ("completed", None)
    assert [step[4] for step in world.steps(execution)] == ["completed", "completed"]


def test_more_than_there_is_room_for_is_held_at_once(world: World) -> None:
    for subject in ("c1", "c2", "c3"):
        world.know(subject, QUIET, zone="Europe/London")
    world.move_to(NIGHT)
    workflow = world.publish(line("w", mail()))
    world.start(*(wish(workflow, f"c{n % 3 + 1}", f"a{n}") for n in range(12)))
    work(world)
    assert perform(world, MAIL, everything_works, places=2) == 0
    assert list(world.effects().values()) == ["held"] * 12


def test_what_is_released_is_decided_anew(world: World) -> None:
    world.know("c1", QUIET, zone="Europe/London")
    world.move_to(NIGHT)
    execution = begin(world, line("w", mail()))
    send(world)
    world.know("c1", {"email": {"quiet_hours": "21:00-09:30"}}, zone="Europe/London")
    world.move_to(MORNING)
    world.ledger.release()
    assert send(world) == 0
    assert world.aside(f"{execution}/mail")[0] == MORNING + timedelta(minutes=90)


def test_an_unsubscribed_reader_gets_nothing_and_the_execution_goes_on(world: World) -> None:
    world.know("c1", {}, unsubscribed_at=NOON - timedelta(days=3))
    execution = begin(world, line("w", mail(), setting("after")))
    assert send(world) == 0
    reason = "consent: withdrawn on 2026-02-27 (contacts.unsubscribed_at)."
    assert world.effects() == {f"{execution}/mail": "skipped"}
    assert world.aside(f"{execution}/mail") == (None, reason)
    first, second = world.steps(execution)
    assert (first[0], first[4], first[12]) == ("mail", "skipped", reason)
    assert second[4] == "completed"
    assert world.end(execution) == ("completed", None)


def test_an_opt_out_of_one_channel_leaves_the_others(world: World) -> None:
    template = node("wa", "send_whatsapp", session="template", template_id="hello")
    world.know("c1", {"whatsapp": {"quiet_hours": None}}, email_opt_in=False, whatsapp_opt_in=True)
    execution = begin(world, line("w", mail(), template))
    send(world)
    assert send(world) == 1
    assert world.effects() == {f"{execution}/mail": "skipped", f"{execution}/wa": "done"}


@pytest.mark.parametrize(("heard", "status"), [(1, "done"), (25, "skipped"), (None, "skipped")])
def test_free_text_by_whatsapp_needs_a_recent_word_of_theirs(
    world: World, heard: int | None, status: str
) -> None:
    at = None if heard is None else NOON - timedelta(hours=heard)
    world.know("c1", {"whatsapp": {"quiet_hours": None}}, whatsapp_opt_in=True, heard_at=at)
    execution = begin(world, line("w", node("wa", "send_whatsapp", message="Hi")))
    send(world)
    assert world.effects() == {f"{execution}/wa": status}


def test_a_cap_counts_over_all_workflows_and_lets_higher_priority_pass(world: World) -> None:
    caps = {"low": 1, "normal": 2, "high": 3}
    world.know("c1", {"email": {"per_day": caps}})
    ones = [begin(world, line(f"w{n}", mail())) for n in range(3)]
    assert send(world) == 2, "also when they are taken at once"
    statuses = world.effects()
    assert [statuses[f"{one}/mail"] for one in ones] == ["done", "done", "held"]
    until, reason = world.aside(f"{ones[2]}/mail")
    assert until == NOON + timedelta(days=1)
    assert reason == "cap: 2 messages by email in 24 hours, at most 2 of normal priority."
    begin(world, line("v", mail(priority="high")))
    assert send(world) == 1
    begin(world, line("u", mail(message_class="transactional", priority="low")))
    assert send(world) == 1
    other = begin(world, line("t", mail()), subject="c9")
    assert send(world) == 1
    assert world.effects()[f"{other}/mail"] == "done"


def test_transactional_messages_are_exempt_and_not_counted(world: World) -> None:
    world.know("c1", {"email": {"per_day": {"low": 0, "normal": 1}}}, unsubscribed_at=NOON)
    execution = begin(world, line("w", mail(message_class="transactional")))
    assert send(world) == 1
    assert world.effects() == {f"{execution}/mail": "done"}


def test_a_held_message_is_withdrawn_with_its_execution(world: World) -> None:
    world.know("c1", QUIET, zone="Europe/London")
    world.move_to(NIGHT)
    execution = begin(world, line("w", mail()))
    send(world)
    world.tell(wish("x").organization, execution, Cancelled("nobody wants it"))
    work(world)
    assert world.effects() == {f"{execution}/mail": "cancelled"}
    world.move_to(MORNING)
    assert world.ledger.release() == 0


def test_a_step_s_timeout_begins_when_the_hold_ends(world: World) -> None:
    world.know("c1", QUIET, zone="Europe/London")
    world.move_to(NIGHT)
    impatient = Node("mail", "send_email", {"subject": "Hi", "body": "x"}, timeout_seconds=60)
    execution = begin(world, line("w", impatient))
    send(world)
    assert world.next_due() == MORNING + timedelta(seconds=60)
    world.move_to(MORNING + timedelta(seconds=61))
    world.executions.promote()
    work(world)
    assert world.effects() == {f"{execution}/mail": "cancelled"}
    assert world.end(execution) is not None

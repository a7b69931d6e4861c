"""What both outboxes promise: events enrol once and as policies say, refusals say why, and waiting executions hear of them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from workflows import line, node, setting, wait
from world import NOON, ONE, TWO, World, play, work

from atlas_workflows.graph.model import Node, Trigger, Workflow
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.worker.arrivals import Arrived, Consequences, Handled, Occurred
from atlas_workflows.worker.enrolment import MOST_LATELY
from atlas_workflows.worker.outbox_lane import OutboxLane

DAY = timedelta(days=1)


def event(key: str = "k1", type_: str = "lead_created", subject: str | None = "c1", **data: Any) -> Occurred:
    at = data.pop("at", NOON)
    data.setdefault("trigger", {})
    return Occurred(data.pop("organization", ONE), key, type_, subject, data.pop("anchor", key), data, at)


def told(type_: str, key: str = "k1", subject: str = "c1", at: Any = NOON, **facts: Any) -> Occurred:
    return event(key, type_, subject, at=at, trigger=facts)


def started_by(
    type_: str, *nodes: Node, name: str = "w", settings: dict[str, Any] | None = None, **parameters: Any
) -> Workflow:
    found = line(name, *(nodes or (setting("a"),)), **(settings or {}))
    return replace(found, triggers=(Trigger("t", type_, parameters),))


def handle(world: World, size: int = 50) -> Handled:
    return OutboxLane(world.outbox, world.definitions, load_catalogue(), size=size).round()


def test_an_event_starts_what_listens_for_it_and_once(world: World) -> None:
    world.publish(started_by("lead_created"))
    world.publish(started_by("lead_updated", name="other"))
    assert world.emit(event())
    assert not world.emit(event()), "the same key is the same event"
    assert handle(world) == Handled(taken=1, started=1)
    assert handle(world) == Handled()
    assert work(world) == 1


def test_an_organization_does_not_hear_of_another_ones_events(world: World) -> None:
    world.publish(started_by("lead_created"))
    world.emit(event(organization=TWO))
    world.emit(event(organization=ONE))
    assert handle(world) == Handled(taken=2, started=1)


def test_what_the_event_says_is_there_for_the_steps(world: World) -> None:
    greeting = node(
        "n", text="{{ contact.name }} {{ trigger.source }} {{ trigger.event }} {{ organization.id }}"
    )
    world.publish(started_by("lead_created", greeting))
    world.emit(event(contact={"name": "Ana"}, trigger={"source": "website"}))
    handle(world)
    play(world, ["add_note"], answer := Answers())
    assert answer.texts == [f"Ana website lead_created {ONE}"]


class Answers:
    """Notes what was asked for."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def __call__(self, dispatch: Any) -> Any:
        from atlas_workflows.worker.model import Performed

        self.texts.append(dispatch.content["text"])
        return Performed()


def test_a_filter_that_does_not_hold_refuses_with_the_leaf_and_its_value(world: World) -> None:
    workflow = world.publish(started_by("lead_created", sources=["website"], minimum_score=50))
    world.emit(told("lead_created", source="website", score=12))
    assert handle(world) == Handled(taken=1)
    reason, explanation, leaves = world.refusals()["c1", workflow]
    assert (reason, explanation) == ("filter", "trigger.score is 12, asked: greater than or equal 50.")
    assert leaves == [
        {"field": "trigger.score", "operator": "greater_than_or_equal", "expected": 50, "actual": 12}
    ]


def test_a_real_event_that_does_not_say_what_is_asked_is_refused(world: World) -> None:
    workflow = world.publish(started_by("lead_created", sources=["website"]))
    world.emit(told("lead_created"))
    assert handle(world).started == 0
    assert world.refusals()["c1", workflow][:2] == ("not_said", "The event does not say trigger.source.")


@pytest.mark.parametrize(
    ("previous", "new", "direction", "threshold", "fires"),
    [
        (79, 80, "above", 80, True),
        (80, 95, "above", 80, False),
        (None, 90, "above", 80, False),
        (-1, 0, "above", 0, True),
        (0, 5, "above", 0, False),
        (80, 79, "below", 80, True),
        (0, -1, "below", 0, True),
        (79, 80, "crosses", 80, True),
        (81, 79, "crosses", 80, True),
    ],
)
def test_a_threshold_fires_on_its_edge(
    world: World, previous: int | None, new: int, direction: str, threshold: int, fires: bool
) -> None:
    world.publish(started_by("lead_score_threshold", threshold=threshold, direction=direction))
    facts = {"new_score": new} | ({} if previous is None else {"previous_score": previous})
    world.emit(told("lead_score_changed", **facts))
    assert handle(world).started == int(fires)


def test_once_means_once_whatever_the_events(world: World) -> None:
    workflow = world.publish(started_by("lead_updated", settings={"re_entry": "once"}))
    world.emit(told("lead_updated", "k1"))
    world.emit(told("lead_updated", "k2"))
    assert handle(world).started == 1
    assert world.refusals()["c1", workflow][0] == "re_entry"
    work(world)
    world.emit(told("lead_updated", "k3"))
    assert handle(world).started == 0


def test_a_form_that_skips_duplicates_enrols_a_person_once(world: World) -> None:
    world.publish(started_by("form_submitted", duplicate_handling="skip"))
    world.emit(told("form_submitted", "k1", form_id="f"))
    world.emit(told("form_submitted", "k2", form_id="f"))
    world.emit(told("form_submitted", "k3", "c2", form_id="f"))
    assert handle(world).started == 2


def test_after_exit_lets_nobody_in_who_is_inside(world: World) -> None:
    workflow = world.publish(started_by("lead_updated", wait("pause"), settings={"re_entry": "after_exit"}))
    world.emit(told("lead_updated", "k1"))
    world.emit(told("lead_updated", "k2"))
    assert handle(world).started == 1
    assert world.refusals()["c1", workflow][0] == "re_entry"
    play(world, [])
    world.emit(told("lead_updated", "k3"))
    assert handle(world).started == 1


def test_again_after_some_days_counts_from_the_last_entry(world: World) -> None:
    world.publish(started_by("lead_updated", settings={"re_entry_after_days": 7}))
    for day, started in ((0, 1), (6, 0), (7, 1), (13, 0), (15, 1)):
        world.move_to(NOON + day * DAY)
        world.emit(told("lead_updated", f"k{day}", at=NOON + day * DAY))
        assert handle(world).started == started, day
        world.date_entry(f"k{day}", NOON + day * DAY)
        work(world)


def test_an_anchor_is_one_execution_and_anchors_run_beside_each_other(world: World) -> None:
    world.publish(started_by("lead_updated", wait("pause")))
    for key, anchor in (("k1", "a"), ("k2", "b"), ("k3", "a")):
        world.emit(event(key, "lead_updated", anchor=anchor))
    assert handle(world).started == 2


def test_what_starts_itself_again_ends_by_itself(world: World) -> None:
    workflow = world.publish(started_by("lead_updated"))
    for number in range(MOST_LATELY + 3):
        world.emit(told("lead_updated", f"k{number}"))
    assert handle(world, MOST_LATELY + 3).started == MOST_LATELY
    assert world.refusals()["c1", workflow][0] == "looping"


def listening(type_: str = "message_received", **more: Any) -> Node:
    return Node("reply", "wait", {"wait": {"kind": "until_event", "events": [{"type": type_, **more}]}})


def test_a_waiting_execution_hears_of_its_event_and_nobody_elses(world: World) -> None:
    world.publish(started_by("lead_created", listening()))
    for subject in ("c1", "c2"):
        world.emit(event(subject, subject=subject))
    assert handle(world).started == 2
    work(world)
    world.emit(told("message_sent", "no"))
    assert handle(world).told == 0
    world.emit(told("message_received", "yes", message="hello"))
    assert handle(world).told == 1
    assert work(world) == 1
    world.emit(told("message_received", "later"))
    assert handle(world).told == 0, "nobody waits any more"


def test_an_execution_that_has_not_begun_hears_already(world: World) -> None:
    world.publish(started_by("lead_created", listening("contact_changed")))
    world.emit(event())
    world.emit(told("lead_updated", "k2"))
    assert handle(world) == Handled(taken=2, started=1, told=1)
    assert work(world) == 1
    assert world.next_due() is None, "it is over"


def test_a_wait_that_looks_back_finds_what_came_before_the_start(world: World) -> None:
    looks_back = {
        "kind": "until_event",
        "events": [{"type": "message_received"}],
        "look_back": {"amount": 2, "unit": "days"},
    }
    world.publish(started_by("lead_updated", Node("reply", "wait", {"wait": looks_back})))
    for subject, days in (("c1", 1), ("c2", 3)):
        world.emit(told("message_received", f"m {subject}", subject, at=NOON - days * DAY))
    handle(world)
    for subject in ("c1", "c2", "c3"):
        world.emit(told("lead_updated", f"u {subject}", subject))
    assert handle(world).started == 3
    work(world)
    world.emit(told("message_received", "late 1", "c1"))
    world.emit(told("message_received", "late 2", "c2"))
    assert handle(world).told == 1, "the first one had its message already"


def test_an_event_that_starts_something_is_not_told_to_it(world: World) -> None:
    world.publish(started_by("message_received", listening()))
    world.emit(told("message_received", message="hello"))
    assert handle(world) == Handled(taken=1, started=1)
    work(world)
    world.emit(told("message_received", "k2", message="again"))
    assert handle(world) == Handled(taken=1, started=1, told=1)


def test_a_named_event_reaches_triggers_of_that_name(world: World) -> None:
    world.publish(_named("gym_visited"))
    world.emit(told("gym_visited"))
    world.emit(told("gym_left", "k2", "c2"))
    assert handle(world) == Handled(taken=2, started=1)


def _named(name: str) -> Workflow:
    return replace(line("w", setting("a")), triggers=(Trigger("t", "event", {"name": name}),))


def test_an_event_about_nobody_is_its_own_subject(world: World) -> None:
    world.publish(_named("nightly"))
    world.emit(event("k1", "nightly", None))
    world.emit(event("k2", "nightly", None))
    assert handle(world) == Handled(taken=2, started=2)


def test_a_trigger_that_is_switched_off_hears_nothing(world: World) -> None:
    found = started_by("lead_created")
    world.publish(replace(found, triggers=(replace(found.triggers[0], enabled=False),)))
    world.emit(event())
    assert handle(world) == Handled(taken=1)


def test_an_event_that_a_trigger_chokes_on_fails_alone(world: World) -> None:
    world.publish(started_by("lead_created"))
    world.emit(event("good"))
    world.emit(event("bad", subject="c2"))
    lane = OutboxLane(world.outbox, world.definitions, load_catalogue())

    def choke(arrived: Arrived) -> Consequences:
        if arrived.event.key == "bad":
            return Consequences(error="A trigger failed: ValueError.")
        return lane._decided(arrived)

    assert world.outbox.handle(choke, 10) == Handled(taken=2, started=1, failed=1)
    assert handle(world) == Handled()


def asked_for(world: World, by: str, value: str, key: str = "k1", type_: str = "webhook") -> str:
    """Whom a call is about that tells somebody so, by a trigger that refuses it for another reason."""
    workflow = world.publish(replace(started_by(type_, event="another"), id="asks"))
    world.emit(event(key, type_, None, member={"by": by, "value": value}, trigger={"event": "this"}))
    handle(world)
    ((subject, _),) = {found for found in world.refusals() if found[1] == workflow}
    return subject


@pytest.mark.parametrize(
    ("by", "value"),
    [("email", " Ana@Example.COM "), ("phone", "00 351 (21) 000-111"), ("external_id", "x-1")],
)
def test_a_call_tells_its_subject_by_what_the_crm_knows(world: World, by: str, value: str) -> None:
    world.person("lead:l1", email="ana@example.com ", phone="+351 21000111", external_id="x-1")
    world.person("lead:l2", email="eve@example.com", phone="+351 21000112", external_id="X-1")
    world.person("lead:l3", TWO, email="ana@example.com", phone="+351 21000111", external_id="x-1")
    world.person("client:c1", email="ana@example.com", phone="+351 21000111", external_id="x-1")
    assert asked_for(world, by, value) == "lead:l1"


@pytest.mark.parametrize(
    ("by", "value"),
    [
        ("email", "both@example.com"),
        ("email", " "),
        ("email", "nobody@example.com"),
        ("phone", "12345"),
        ("name", "Ana"),
        ("email", "odd@example.com"),
    ],
)
def test_a_call_about_several_or_about_nobody_is_about_itself(world: World, by: str, value: str) -> None:
    world.person("lead:l1", email="both@example.com", phone="12345")
    world.person("lead:l2", email="Both@example.com")
    world.person("client:c1", email="both@example.com")
    for place, around in enumerate(("\n", "\t", "\u00a0")):  # of what is kept only blanks are passed over
        world.person(f"client:odd{place}", email=f"odd@example.com{around}")
    assert asked_for(world, by, value) == "k1"


def test_only_a_call_tells_its_subject_so(world: World) -> None:
    world.person("client:c1", email="ana@example.com")
    assert asked_for(world, "email", "ana@example.com") == "client:c1"
    world.publish(_named("nightly"))
    world.emit(event("k2", "nightly", None, member={"by": "email", "value": "ana@example.com"}))
    assert handle(world).started == 1
    assert world.emit(told("x", "k3", "client:c1"))
    assert handle(world).told == 0, "the execution is about the event, not about the client"


BOOKED = {"id": "b1", "booking_id": "b1", "starts_at": "2026-03-10T18:00:00Z"}
BEFORE = Node(
    "before",
    "wait",
    {"wait": {"kind": "until", "at": "{{ booking.starts_at }}", "offset": {"amount": -1, "unit": "days"}}},
)


def booked(world: World, *nodes: Node) -> None:
    world.publish(started_by("booking_created", *(nodes or (BEFORE, setting("reminded")))))
    world.emit(event("k1", "booking_created", trigger=BOOKED, booking=BOOKED))
    assert handle(world).started == 1
    work(world)
    assert world.next_due() == NOON + 7 * DAY + timedelta(hours=6)


def moved(key: str, type_: str, **changes: Any) -> Occurred:
    facts = {**BOOKED, **changes}
    return event(key, type_, trigger=facts, booking=facts)


def test_a_wait_moves_with_the_booking_it_hangs_on(world: World) -> None:
    booked(world)
    world.emit(moved("k2", "booking_updated", starts_at="2026-03-20T18:00:00Z"))
    assert handle(world).told == 1
    work(world)
    assert world.next_due() == NOON + 17 * DAY + timedelta(hours=6)
    world.emit(moved("k3", "booking_updated", starts_at="2026-03-02T20:00:00Z"))
    handle(world)
    work(world)
    assert world.next_due() is None, "what is due already goes on at once"


def test_a_wait_stays_where_another_booking_moves(world: World) -> None:
    booked(world)
    other = {"id": "b2", "booking_id": "b2", "starts_at": "2026-03-20T18:00:00Z"}
    world.emit(event("k2", "booking_updated", trigger=other, booking=other))
    world.emit(event("k3", "booking_cancelled", trigger=other, booking=other))
    handle(world)
    work(world)
    assert world.next_due() == NOON + 7 * DAY + timedelta(hours=6)


def test_a_wait_ends_with_the_booking_it_hangs_on_and_what_follows_is_not_done(world: World) -> None:
    booked(world, BEFORE, node("remind"))
    world.emit(moved("k2", "booking_cancelled", status="cancelled"))
    handle(world)
    play(world, ["add_note"])
    assert world.effects() == {}
    assert world.next_due() is None


def test_a_wait_moves_with_a_date_of_the_contact(world: World) -> None:
    until = Node("trial", "wait", {"wait": {"kind": "until", "at": "{{ contact.trial_ends_on }}"}})
    world.publish(started_by("lead_created", until))
    world.emit(event(contact={"trial_ends_on": "2026-05-01"}))
    handle(world)
    work(world)
    assert world.next_due() == NOON.replace(month=5, day=1, hour=9)
    world.emit(event("k2", "contact_changed", contact={"trial_ends_on": "2027-09-01"}))
    handle(world)
    work(world)
    assert world.next_due() == NOON.replace(year=2027, month=9, day=1, hour=9)
    world.emit(event("k3", "contact_changed", contact={"trial_ends_on": None}))
    handle(world)
    work(world)
    assert world.next_due() is None


@pytest.mark.parametrize(
    ("amount", "unit", "length"),
    [(1, "seconds", timedelta(seconds=1)), (6, "minutes", timedelta(minutes=6)), (548, "days", 548 * DAY)],
)
def test_waits_from_a_second_to_eighteen_months(
    world: World, amount: int, unit: str, length: timedelta
) -> None:
    world.publish(started_by("lead_created", wait("pause", amount, unit), setting("after")))
    world.emit(event())
    handle(world)
    work(world)
    world.move_to(NOON + length - timedelta(microseconds=1))
    assert world.executions.promote() == 0
    world.move_to(NOON + length)
    assert world.executions.promote() == 1
    work(world)
    assert world.next_due() is None


LEFT = {"field": "contact.status", "operator": "equals", "value": "left"}


def test_an_exit_condition_ends_the_execution_as_soon_as_it_is_known(world: World) -> None:
    world.publish(started_by("lead_created", wait("pause"), node("n"), settings={"exit_when": LEFT}))
    world.emit(event())
    handle(world)
    work(world)
    world.emit(event("k2", "contact_changed", contact={"status": "left"}))
    assert handle(world).told == 1
    play(world, ["add_note"])
    assert world.effects() == {}

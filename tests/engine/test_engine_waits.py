"""Waits: times, events with look-back and timeout, conditions; and what an event may and may not do."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playing import CONTACT, START, node, play, step_of, took, workflow

from atlas_workflows.engine.events import Happened
from atlas_workflows.engine.foresight import next_look
from atlas_workflows.engine.state import State, state_from_json, state_to_json
from atlas_workflows.expressions.condition import parse_condition
from atlas_workflows.expressions.moment import moment
from atlas_workflows.graph.model import Workflow

OPENED = {"field": "event.kind", "operator": "equals", "value": "opened"}


def waiting(wait: dict[str, Any], **settings: Any) -> Workflow:
    return workflow([node("w", "wait", wait=wait), node("a"), node("b")], "t w a", "w:timeout b", **settings)


def happened(hours: float, kind: str = "email_event", /, **data: Any) -> Happened:
    return Happened(kind, START + timedelta(hours=hours), data)


@pytest.mark.parametrize(
    ("wait", "until"),
    [
        ({"kind": "duration", "amount": 90, "unit": "minutes"}, "2026-03-02T10:30:00+00:00"),
        ({"kind": "duration", "amount": 30, "unit": "days"}, "2026-04-01T08:00:00+00:00"),
        ({"kind": "until", "at": "2026-03-05T09:00:00Z"}, "2026-03-05T09:00:00+00:00"),
        ({"kind": "until", "at": "{{ contact.trial_ends }}", "offset": {"amount": -1, "unit": "days"}}, "2026-03-19T09:00:00+00:00"),
        ({"kind": "anniversary", "of": "{{ contact.birthday }}"}, "2026-05-17T08:00:00+00:00"),
        ({"kind": "until", "at": "2020-01-01"}, "2026-03-02T09:00:00+00:00"),
        ({"kind": "time_of_day", "time": "08:00"}, "2026-03-03T08:00:00+00:00"),
        ({"kind": "business_hours", "hours": {"mon": ["12:00-13:00"]}}, "2026-03-02T12:00:00+00:00"),
        ({"kind": "dynamic", "base": {"amount": 1, "unit": "hours"}, "modifiers": [
            {"condition": {"field": "contact.score", "operator": "greater_than", "value": 30}, "operation": "multiply", "amount": 3}]},
         "2026-03-02T12:00:00+00:00"),
    ],
)  # fmt: skip
def test_waits_for_a_time(wait: dict[str, Any], until: str) -> None:
    data = {"contact": {**CONTACT, "trial_ends": "2026-03-20", "birthday": "1988-05-17"}}
    played = play(waiting(wait, timezone="Europe/London"), data=data)
    assert took(played) == ["w", "a"]
    assert step_of(played, "w").finished_at == datetime.fromisoformat(until)
    assert step_of(played, "w").started_at == START


def test_the_organizations_business_hours_are_used_where_the_wait_has_none() -> None:
    data = {"contact": CONTACT, "organization": {"business_hours": {"tue": ["07:00-08:00"]}}}
    played = play(waiting({"kind": "business_hours"}), data=data)
    assert step_of(played, "w").finished_at == datetime(2026, 3, 3, 7, tzinfo=UTC)


def test_the_organizations_holidays_and_closures_are_closed_too() -> None:
    hours = {day: ["07:00-08:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
    organization = {
        "business_hours": hours,
        "holidays": "GB-SCT",
        "closures": ["2026-03-03"],
        "name": "Harbour",
    }
    wait = {"kind": "duration", "amount": 1, "unit": "hours", "business_hours_only": True}
    played = play(waiting(wait), data={"contact": CONTACT, "organization": organization})
    assert step_of(played, "w").finished_at == datetime(2026, 3, 4, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("organization", "problem"),
    [
        (None, "no business hours are given"),
        ({"business_hours": None}, "no business hours are given"),
        (
            {"business_hours": {"mon": ["9-5"]}},
            "organization.business_hours cannot be read as business hours",
        ),
        ({"holidays": "Atlantis"}, "organization.holidays cannot be read as a country"),
        ({"closures": ["Christmas"]}, "organization.closures cannot be read as dates"),
    ],
)
def test_hours_that_nobody_gave_or_nobody_can_read_fail_the_step(organization: Any, problem: str) -> None:
    wait = {"kind": "duration", "amount": 1, "unit": "hours", "business_hours_only": True}
    played = play(waiting(wait), data={"contact": CONTACT, "organization": organization})
    assert played.outcome == "failed"
    assert problem in str(played.steps[0].error)


def test_a_time_that_cannot_be_read_fails_the_step() -> None:
    played = play(waiting({"kind": "until", "at": "{{ contact.name }}"}))
    assert played.outcome == "failed"
    assert "'Ana' is not an ISO 8601 date or time" in str(played.steps[0].error)


def test_any_of_several_events() -> None:
    wait = {"kind": "until_event", "events": [{"type": "reply"}, {"type": "email_event", "filter": OPENED}]}
    played = play(
        waiting(wait), happened(1, kind="other"), happened(2), happened(3, "email_event", kind="opened")
    )
    assert took(played) == ["w", "a"]
    assert step_of(played, "w").finished_at == START + timedelta(hours=3)
    assert played.state.outputs["w"]["event"]["data"] == {"kind": "opened"}


def test_all_of_several_events_in_any_order() -> None:
    wait = {"kind": "until_event", "mode": "all", "events": [{"type": "a"}, {"type": "b"}]}
    played = play(waiting(wait), happened(1, "b"), happened(2, "b"), happened(3, "a"), happened(4, "a"))
    assert step_of(played, "w").finished_at == START + timedelta(hours=3)


def test_a_wait_for_events_times_out() -> None:
    wait = {"kind": "until_event", "events": [{"type": "a"}], "timeout": {"amount": 2, "unit": "days"}}
    late = play(waiting(wait), happened(49, "a"))
    assert took(late) == ["w:timeout", "b"]
    assert took(play(waiting(wait), happened(47, "a"))) == ["w", "a"]
    assert took(play(waiting(wait), happened(48, "a"))) == ["w", "a"]


def test_look_back_accepts_an_event_that_came_first() -> None:
    wait = {"kind": "until_event", "events": [{"type": "a"}], "look_back": {"amount": 2, "unit": "hours"}}
    assert step_of(play(waiting(wait), happened(-1, "a")), "w").finished_at == START
    too_old = play(waiting(wait), happened(-3, "a"))
    assert (too_old.outcome, took(too_old)) == ("waiting", [])


def test_without_look_back_an_earlier_event_does_not_count() -> None:
    wait = {"kind": "until_event", "events": [{"type": "a"}]}
    played = play(waiting(wait), happened(-1, "a"))
    assert played.outcome == "waiting"
    assert [(w.node, w.due_at, w.event_types) for w in played.waits] == [("w", None, ("a",))]
    assert played.state.finished_at is None


def test_an_event_in_an_earlier_wait_is_seen_by_a_later_one_that_looks_back() -> None:
    first = node("w", "wait", wait={"kind": "duration", "amount": 2, "unit": "hours"})
    second = node("v", "wait", wait={
        "kind": "until_event", "events": [{"type": "a"}], "look_back": {"amount": 1, "unit": "days"}})  # fmt: skip
    played = play(workflow([first, second], "t w v"), happened(1, "a"))
    assert step_of(played, "v").finished_at == START + timedelta(hours=2)


def test_a_condition_is_asked_at_once_after_every_event_and_at_the_timeout() -> None:
    hot = {"field": "contact.score", "operator": "greater_than", "value": 80}
    wait = {"kind": "until_condition", "condition": hot, "timeout": {"amount": 1, "unit": "days"}}
    assert took(play(waiting(wait), data={"contact": {"score": 90}})) == ["w", "a"]
    assert took(play(waiting(wait), happened(5, "lead_score_changed", contact={"score": 85}))) == ["w", "a"]
    assert took(play(waiting(wait), happened(5, "lead_score_changed", contact={"score": 70}))) == [
        "w:timeout",
        "b",
    ]
    assert took(play(waiting(wait))) == ["w:timeout", "b"]


def test_what_events_say_about_the_contact_is_known_from_then_on() -> None:
    wait = node("w", "wait", wait={"kind": "duration", "amount": 1, "unit": "days"})
    found = workflow([wait, node("a", text="{{ contact.name }} {{ contact.plan }}")], "t w a")
    played = play(found, happened(1, "contact_changed", contact={"plan": "Gold"}))
    assert played.effects[0].content == {"text": "Ana Gold"}


def test_several_waits_side_by_side_end_each_at_its_time() -> None:
    nodes = [
        node(f"w{h}", "wait", wait={"kind": "duration", "amount": h, "unit": "hours"}) for h in (3, 1, 2)
    ]
    assert took(play(workflow(nodes, "t w3", "t w1", "t w2"))) == ["w1", "w2", "w3"]


def test_the_filter_of_an_event_sees_the_whole_contact_and_all_of_the_event() -> None:
    known = {"field": "contact.name", "operator": "equals", "value": "ana"}
    wait = {"kind": "until_event", "events": [{"type": "won", "filter": known}]}
    assert took(play(waiting(wait), happened(1, "won", contact={"plan": "Gold"}))) == ["w", "a"]
    for path in ("event.kind", "event.data.kind", "kind"):
        asked = {**OPENED, "field": path}
        wait = {"kind": "until_event", "events": [{"type": "email_event", "filter": asked}]}
        assert took(play(waiting(wait), happened(1, kind="opened"))) == ["w", "a"]


def leaf(field: str, operator: str, value: Any = None) -> dict[str, Any]:
    return {"field": field, "operator": operator} | ({} if value is None else {"value": value})


ENDS = "contact.trial_ends"
COMES_TRUE = [
    # condition, what is known, when it comes true (London; the clock goes forward on 29 March)
    (leaf(ENDS, "before", "now"), "2026-03-05T09:00:00Z", "2026-03-05T09:00:00.000001+00:00"),
    (leaf("now", "greater_than_or_equal", "{{ contact.trial_ends }}"), "2026-03-05T09:00:00Z", "2026-03-05T09:00:00+00:00"),
    (leaf("now", "after", "2026-03-05"), "", "2026-03-06T00:00:00+00:00"),
    (leaf(ENDS, "before", "today"), "2026-04-01", "2026-04-01T23:00:00+00:00"),
    ({**leaf(ENDS, "equals", "today"), "type": "date"}, "2026-03-20", "2026-03-20T00:00:00+00:00"),
    ({**leaf(ENDS, "equals", "tomorrow"), "type": "date"}, "2026-03-20", "2026-03-19T00:00:00+00:00"),
    (leaf(ENDS, "days_ago_greater_than", 3), "2026-03-20", "2026-03-24T00:00:00+00:00"),
    (leaf(ENDS, "days_ago_greater_than", 3), "2026-03-20T10:00:00Z", "2026-03-23T10:00:00.000001+00:00"),
    (leaf(ENDS, "exactly", {"amount": 2, "unit": "weeks"}), "2026-03-20", "2026-04-02T23:00:00+00:00"),
    (leaf(ENDS, "exactly", {"amount": 2, "unit": "hours"}), "2026-03-20T10:00:00Z", "2026-03-20T12:00:00+00:00"),
    (leaf(ENDS, "not_within", {"amount": 7, "unit": "days"}), "2026-03-01", "2026-03-09T00:00:00+00:00"),
    (leaf(ENDS, "before", "{{ now }}"), "2026-03-05T09:00:00Z", "2026-03-05T09:00:00.000001+00:00"),
    (leaf(ENDS, "before", {"$formula": "now()"}), "2026-03-05T09:00:00Z", "2026-03-05T09:00:00.000001+00:00"),
    ({"operator": "and", "conditions": [leaf(ENDS, "before", "now"), leaf("now", "after", "2026-03-10T12:00:00Z")]}, "2026-03-05T09:00:00Z", "2026-03-10T12:00:00.000001+00:00"),
    ({"operator": "not", "conditions": [leaf(ENDS, "after", "now")]}, "2026-03-05T09:00:00Z", "2026-03-05T09:00:00+00:00"),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "ends", "at"), COMES_TRUE)
@pytest.mark.parametrize("timeout", [None, {"amount": 60, "unit": "days"}])
def test_a_condition_on_a_date_wakes_when_it_comes_true(
    condition: dict[str, Any], ends: str, at: str, timeout: dict[str, Any] | None
) -> None:
    wait = {"kind": "until_condition", "condition": condition} | (
        {} if timeout is None else {"timeout": timeout}
    )
    played = play(
        waiting(wait, timezone="Europe/London"), data={"contact": {"name": "Ana", "trial_ends": ends}}
    )
    assert took(played) == ["w", "a"]
    assert step_of(played, "w").finished_at == datetime.fromisoformat(at)


def test_a_condition_that_comes_true_after_the_timeout_times_out() -> None:
    wait = {
        "kind": "until_condition",
        "condition": leaf(ENDS, "before", "now"),
        "timeout": {"amount": 1, "unit": "days"},
    }
    played = play(waiting(wait), data={"contact": {"trial_ends": "2026-03-05T09:00:00Z"}})
    assert took(played) == ["w:timeout", "b"]


def test_a_date_that_an_event_moves_is_waited_for_anew() -> None:
    wait = {"kind": "until_condition", "condition": leaf(ENDS, "before", "now")}
    later = happened(24, "contact_changed", contact={"trial_ends": "2026-03-10T09:00:00Z"})
    played = play(waiting(wait), later, data={"contact": {"trial_ends": "2026-03-05T09:00:00Z"}})
    assert step_of(played, "w").finished_at == datetime(2026, 3, 10, 9, 0, 0, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "condition",
    [
        leaf("contact.score", "greater_than", 80), leaf(ENDS, "after", "now"), leaf("contact.nope", "before", "now"),
        leaf("now", "before", "2026-01-01"), leaf("contact.name", "equals", "today"),
        leaf("contact.score", "greater_than", {"$formula": "now() - now() + 99"}),
    ],
)  # fmt: skip
def test_a_condition_that_time_alone_never_makes_true_waits_for_events(condition: dict[str, Any]) -> None:
    wait = {"kind": "until_condition", "condition": condition}
    played = play(waiting(wait), data={"contact": {**CONTACT, "trial_ends": "2026-01-05T09:00:00Z"}})
    assert (played.outcome, played.waits[0].due_at) == ("waiting", None)


def test_what_is_computed_from_now_is_asked_at_every_full_hour() -> None:
    assert next_look(
        parse_condition(leaf(ENDS, "before", "{{ now | date('%Y-%m-%d') }}")),
        {"contact": {"trial_ends": "2026-03-05"}},
        moment(START, "UTC"),
    ) == datetime(2026, 3, 6, tzinfo=UTC)


def test_a_wait_of_before_looks_ahead_still_times_out() -> None:
    wait = {
        "kind": "until_condition",
        "condition": leaf("contact.score", "greater_than", 80),
        "timeout": {"amount": 1, "unit": "days"},
    }

    def older(state: State) -> State:
        document = state_to_json(state)
        for token in document["tokens"]:
            token["details"] = {key: value for key, value in token["details"].items() if key != "until"}
        return state_from_json(document)

    assert took(play(waiting(wait), happened(5, "other"), between=older)) == ["w:timeout", "b"]


BOOKING = {"id": "b1", "starts_at": "2026-03-10T18:00:00Z"}
DAY_BEFORE = {"kind": "until", "at": "{{ booking.starts_at }}", "offset": {"amount": -1, "unit": "days"}}


@pytest.mark.parametrize(
    ("news", "steps"),
    [
        (
            happened(1, "booking_updated", booking={"id": "b1", "starts_at": "2026-03-12T18:00:00Z"}),
            ["2026-03-11T18:00:00+00:00", "a"],
        ),
        (
            happened(1, "booking_updated", booking={"id": "b2", "starts_at": "2026-03-12T18:00:00Z"}),
            ["2026-03-09T18:00:00+00:00", "a"],
        ),
        (
            happened(1, "booking_updated", booking={"id": "b1", "starts_at": "2026-03-02T12:00:00Z"}),
            ["2026-03-02T10:00:00+00:00", "a"],
        ),
        (happened(1, "booking_updated", booking={"id": "b1", "starts_at": None}), ["cancelled"]),
        (happened(1, "booking_cancelled", booking={"id": "b1"}), ["cancelled"]),
        (happened(1, "booking_cancelled", booking={"id": "b2"}), ["2026-03-09T18:00:00+00:00", "a"]),
    ],
)
def test_a_wait_follows_the_date_it_hangs_on(news: Happened, steps: list[str]) -> None:
    played = play(
        workflow([node("w", "wait", wait=DAY_BEFORE), node("a")], "t w a"),
        news,
        data={"contact": CONTACT, "booking": BOOKING},
    )
    wait = step_of(played, "w")
    assert wait.finished_at
    found = "cancelled" if wait.status == "cancelled" else wait.finished_at.isoformat()
    assert [found, *(step.node for step in played.steps if step.node == "a")] == steps


def test_an_exit_condition_ends_it_at_an_event_and_before_an_effect() -> None:
    left = {"field": "contact.status", "operator": "equals", "value": "left"}
    steps = [node("w", "wait", wait={"kind": "duration", "amount": 1, "unit": "days"}), node("a")]
    waits = workflow(steps, "t w a", exit_when=left)
    leaves = happened(1, "contact_changed", contact={"status": "left"})
    assert play(waits, leaves).outcome == "exited"
    assert play(waits).outcome == "completed"
    played = play(waits, data={"contact": {"status": "left"}})
    assert (played.outcome, played.effects) == ("exited", [])

"""Whether a trigger would fire on an event: what its parameters ask, what the event says, and what it leaves open."""

from datetime import UTC, datetime
from typing import Any

import pytest

from atlas_workflows.expressions.moment import moment
from atlas_workflows.expressions.paths import parse_path
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.nodes.trigger_questions import Answer

NOON = moment(datetime(2026, 3, 27, 12, tzinfo=UTC))
TRIGGERS = load_catalogue().triggers.values()
SCORE = {"previous_score": 70, "new_score": 85}


def asked(type_: str, parameters: dict[str, Any], trigger: dict[str, Any], **contact: Any) -> Answer:
    kind = load_catalogue().trigger(type_, 1)
    assert kind is not None
    return kind.answer(parameters, {"contact": contact, "trigger": trigger}, NOON)


@pytest.mark.parametrize(
    ("type_", "parameters", "fits", "does_not"),
    [
        ("lead_created", {"sources": ["Website", "walk-in"]}, {"source": "website"}, {"source": "referral"}),
        ("lead_created", {"minimum_score": 10}, {"score": 10}, {"score": 9}),
        ("lead_created", {"maximum_score": 10}, {"score": 10}, {"score": 11}),
        ("lead_created", {"tags": ["vip", "trial"]}, {"tags": ["x", "Trial"]}, {"tags": ["x"]}),
        ("lead_stage_changed", {"to_stage": "won"}, {"to_stage": "Won"}, {"to_stage": "lost"}),
        ("opportunity_stage_changed", {"from_stage": "new"}, {"from_stage": "new"}, {"from_stage": "won"}),
        ("lead_stage_changed", {"pipeline": "p1"}, {"pipeline": "p1"}, {"pipeline": "p2"}),
        ("form_submitted", {"form_ids": ["f1", "f2"]}, {"form_id": "f2"}, {"form_id": "f3"}),
        ("form_submitted", {"required_fields": ["Best time"]}, {"Best time": "6pm"}, {"Best time": ""}),
        ("form_submitted", {"required_fields": ["phone"]}, {"phone": "07"}, {"email": "a@b"}),
        ("contact_tagged", {"tags": ["vip"], "action": "any"}, {"tag": "VIP"}, {"tag": "trial"}),
        ("contact_tagged", {"tags": ["4711"], "action": "any"}, {"tag": "vip", "tag_id": "4711"}, {"tag": "vip", "tag_id": "1"}),
        ("webhook", {"endpoint_id": "e1", "method": "any"}, {"endpoint_id": "e1"}, {"endpoint_id": "e2"}),
        ("contact_tagged", {"action": "removed"}, {"action": "removed"}, {"action": "added"}),
        ("contact_changed", {"fields": ["email"]}, {"fields": ["email", "phone"]}, {"fields": ["phone"]}),
        ("message_received", {"keywords": ["stop", "no"]}, {"message": "Please STOP"}, {"message": "hello"}),
        ("message_received", {"keywords": ["no"]}, {"message": "No!"}, {"message": "I know the way"}),
        ("message_received", {"keywords": ["not today", "Łódź"]}, {"text": "jestem w łódź."}, {"text": "do not do it today"}),
        ("note_added", {"keywords": ["vip"]}, {"note": "now VIP"}, {"note": "vipassana"}),
        ("message_received", {"channel": "sms"}, {"channel": "sms"}, {"channel": "email"}),
        ("email_event", {"event": "clicked", "link": "/offer"}, {"event": "clicked", "link": "https://a/offer?x"}, {"event": "opened"}),
        ("appointment_cancelled", {"notice_hours": 24}, {"notice_hours": 3}, {"notice_hours": 30}),
        ("missed_session", {"missed_in_row": 3}, {"missed_in_row": 4}, {"missed_in_row": 2}),
        ("webhook", {"event": "paid", "method": "POST"}, {"event": "paid", "method": "POST"}, {"event": "paid", "method": "GET"}),
        ("lead_score_threshold", {}, SCORE, {"previous_score": 81, "new_score": 85}),
        ("lead_score_threshold", {"threshold": 0}, {"previous_score": -1, "new_score": 0}, SCORE),
        ("lead_score_threshold", {"direction": "below"}, {"previous_score": 80, "new_score": 79}, SCORE),
        ("lead_score_threshold", {"direction": "crosses"}, {"previous_score": 80, "new_score": 79}, {"previous_score": 10, "new_score": 79}),
        ("lead_became_hot", {}, SCORE, {"previous_score": 80, "new_score": 85}),
        ("lead_became_cold", {}, {"previous_score": 40, "new_score": 39}, SCORE),
        ("lead_score_changed", {}, {"previous_score": 50, "new_score": 40}, {"previous_score": 50, "new_score": 41}),
        ("lead_score_changed", {"direction": "increase"}, SCORE, {"previous_score": 85, "new_score": 70}),
        ("lead_score_changed", {"direction": "decrease", "min_change": 15}, {"change": -15}, {"change": 15}),
        ("churn_risk", {}, {"previous_risk": 0.6, "risk": 0.7}, {"previous_risk": 0.7, "risk": 0.8}),
        ("event", {"name": "renewed"}, {"event": "renewed"}, {"event": "left"}),
        ("manual", {"filters": {"field": "trigger.n", "operator": "equals", "value": 1}}, {"n": 1}, {"n": 2}),
    ],
)  # fmt: skip
def test_what_fits_fires_and_what_does_not_says_why(
    type_: str, parameters: dict[str, Any], fits: dict[str, Any], does_not: dict[str, Any]
) -> None:
    assert asked(type_, parameters, fits).reasons == ()
    refused = asked(type_, parameters, does_not).reasons
    assert len(refused) == 1
    assert refused[0].startswith("trigger")
    assert "asked: " in refused[0]


@pytest.mark.parametrize(
    ("type_", "parameters", "field"),
    [
        ("message_received", {"keywords": ["no", " "]}, "keywords[1]"),
        ("note_added", {"keywords": ["\u2003"]}, "keywords[0]"),
        ("email_event", {"event": "clicked", "link": " "}, "link"),
    ],
)
def test_blank_keywords_are_refused_and_let_nothing_fire(
    type_: str, parameters: dict[str, Any], field: str
) -> None:
    kind = load_catalogue().trigger(type_, 1)
    assert kind is not None
    assert [(fault.field, "blank" in fault.message) for fault in kind.faults(parameters)] == [(field, True)]
    assert asked(type_, parameters, {"message": "hello", "note": "hello", "link": "a"}).reasons != ()


def test_what_the_event_does_not_say_is_no_reason_against_it() -> None:
    answer = asked("lead_stage_changed", {"to_stage": "won", "pipeline": "p"}, {"pipeline": "p"})
    assert answer == Answer((), ("trigger.to_stage",))
    assert asked("lead_score_threshold", {}, {"new_score": 90}).unchecked == ("trigger.previous_score",)
    assert asked("form_submitted", {"required_fields": ["phone"]}, {}).reasons != ()


def test_filters_are_asked_even_of_what_is_not_there() -> None:
    answer = asked("manual", {"filters": {"field": "contact.email", "operator": "exists"}}, {})
    assert answer.reasons == ("contact.email is not set, asked: exists.",)


def test_several_reasons_are_all_given() -> None:
    parameters = {"from_stage": "new", "to_stage": "won"}
    assert len(asked("lead_stage_changed", parameters, {"from_stage": "x", "to_stage": "y"}).reasons) == 2


def test_the_contact_answers_where_the_event_does_not() -> None:
    assert asked("lead_created", {"sources": ["website"]}, {}, source="referral").reasons
    assert (
        asked("lead_created", {"sources": ["website"]}, {"source": "website"}, source="referral").reasons
        == ()
    )


def test_an_unknown_trigger_never_fires() -> None:
    assert "without a counterpart" in asked("unknown", {"legacy_type": "x"}, {}).reasons[0]


def test_incomplete_settings_are_a_reason() -> None:
    assert asked("schedule", {}, {}).reasons == ("schedule is missing.",)


@pytest.mark.parametrize("kind", TRIGGERS, ids=lambda kind: kind.name)
def test_questions_name_parameters_and_paths_that_exist(kind: Any) -> None:
    for question in kind.questions:
        assert question.parameter in kind.parameters.model_fields
        assert question.paths
        for path in question.paths:
            assert parse_path(path)[0] in ("trigger", "contact", "appointment")


@pytest.mark.parametrize(
    "data", [{}, {"trigger": None}, {"trigger": "text"}, {"trigger": [1]}, {"contact": 3}]
)
@pytest.mark.parametrize("kind", TRIGGERS, ids=lambda kind: kind.name)
def test_odd_data_never_raises(kind: Any, data: dict[str, Any]) -> None:
    assert isinstance(kind.answer({}, data, NOON), Answer)


@pytest.mark.parametrize(
    ("type_", "parameters", "day", "reason"),
    [
        ("birthday", {}, "1988-03-27", ""),
        ("birthday", {}, "1988-03-28", "It fires on 2026-03-28 at 09:00, not on 2026-03-27."),
        ("birthday", {}, "1988-03-26", "It fires on 2027-03-26 at 09:00, not on 2026-03-27."),
        ("birthday", {"days_before": 3, "time": "18:30"}, "1988-03-30", ""),
        ("birthday", {}, "1988-02-29", "It fires on 2027-02-28 at 09:00, not on 2026-03-27."),
        ("birthday", {"leap_day": "mar_1"}, "1988-02-29", "It fires on 2027-03-01 at 09:00, not on 2026-03-27."),
        ("birthday", {}, "soon", "field: 'soon' is no date that comes every year."),
        ("custom_date", {"field": "contact.birthday"}, "2026-03-27", ""),
        ("custom_date", {"field": "contact.birthday"}, "2025-03-27", "It fires on 2025-03-27 at 09:00, not on 2026-03-27."),
        ("custom_date", {"field": "contact.birthday", "every_year": True}, "2025-03-27", ""),
        ("custom_date", {"field": "contact.birthday", "every_year": True, "offset": {"amount": 1, "unit": "weeks"}}, "2025-04-03", ""),
        ("custom_date", {"field": "contact.birthday", "offset": {"amount": 1, "unit": "months"}, "offset_direction": "after"}, "2026-02-27", ""),
        ("custom_date", {"field": "contact.birthday"}, "soon", "field: 'soon' is no date."),
    ],
)  # fmt: skip
def test_a_trigger_that_looks_at_a_date_says_when_it_fires(
    type_: str, parameters: dict[str, Any], day: str, reason: str
) -> None:
    assert asked(type_, parameters, {}, birthday=day) == Answer((reason,) if reason else ())


def test_a_trigger_that_looks_at_a_date_says_what_it_would_have_to_know() -> None:
    assert asked("birthday", {}, {}).unchecked == ("contact.birthday",)
    assert asked("birthday", {}, {}, date_of_birth="1988-03-27") == Answer()
    assert asked("custom_date", {"field": "contact.renews_on"}, {}).unchecked == ("contact.renews_on",)


def test_a_date_of_birth_that_should_come_once_is_a_problem() -> None:
    kind = load_catalogue().trigger("custom_date", 1)
    assert kind is not None
    (fault,) = kind.faults({"field": "contact.date_of_birth"})
    assert (fault.code, fault.field) == ("DATE_LONG_PAST", "every_year")
    assert not kind.faults({"field": "contact.date_of_birth", "every_year": True})
    assert not kind.faults({"field": "contact.trial_ends_on"})

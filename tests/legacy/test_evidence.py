"""What is configured is not what happened: doors, evidence classes, steps, recipients, variables. Each rule by itself."""

from typing import Any

import pytest
from legacy_rows import ROW, action_node, change_codes, codes, edge, logic_node, record, trigger_node

from atlas_workflows.graph.model import Trigger
from atlas_workflows.legacy.evidence.events import Asked, asked_by
from atlas_workflows.legacy.evidence.forecast import forecast
from atlas_workflows.legacy.evidence.messages import messages_of
from atlas_workflows.legacy.evidence.seen import Evidence, Seen, StepSeen, evidence_from
from atlas_workflows.legacy.findings import Findings
from atlas_workflows.legacy.graph.assemble import stored_schedules
from atlas_workflows.legacy.graph.raw import raw_graph
from atlas_workflows.legacy.records import LegacyWorkflow, Tenancy, Translation
from atlas_workflows.legacy.translate import translate_or_raise
from atlas_workflows.legacy.triggers.doors import Barrier

SENDS = action_node("send_sms", message="Hi")


def workflow(
    node: str = "lead_created",
    *,
    seen: Evidence | None = None,
    nodes: list[dict[str, Any]] | None = None,
    node_config: dict[str, Any] | None = None,
    shape: str = "A",
    **columns: Any,
) -> LegacyWorkflow:
    """A trigger node and one message; `seen` is what a survey found."""
    drawn = [trigger_node(node, **(node_config or {})), SENDS] if nodes is None else nodes
    plain = {"trigger_type": "lead_created", "trigger_config": {}, "nodes": drawn, "edges": [edge("t", "a")]}
    found = record(shape, **{**plain, **columns})
    return LegacyWorkflow(
        found.shape, found.table, found.id, found.organization_id, found.columns,
        trigger_rows=found.trigger_rows, schedule_rows=found.schedule_rows,
        evidence=None if seen is None else seen.to_row(),
    )  # fmt: skip


def judged(legacy: LegacyWorkflow) -> list[tuple[str, str] | None]:
    return list(translate_or_raise(legacy).judged)


def only(translation: Translation) -> Trigger:
    assert translation.workflow is not None
    [trigger] = translation.workflow.triggers
    return trigger


CANNOT = [
    ({"trigger_type": None}, "lead_created", Barrier.COLUMN_UNSET),
    ({"trigger_type": "manual"}, "lead_created", Barrier.COLUMN_UNSET),
    ({"trigger_type": "new_lead"}, "new_lead", Barrier.COLUMN_ALIAS),
    ({"trigger_type": "lead.created", "trigger_config": {"source": "all"}}, "lead_created", Barrier.COLUMN_ALIAS),
    ({"trigger_type": "Lead_Created"}, "lead_created", Barrier.COLUMN_ALIAS),
    ({"trigger_type": " lead_created"}, "lead_created", Barrier.COLUMN_ALIAS),
    ({"trigger_type": "website_form", "trigger_config": {"formId": "all"}}, "website_form", Barrier.COLUMN_ALIAS),
    ({"trigger_type": "webhook"}, "webhook", Barrier.NO_WEBHOOK_ID),
    ({"trigger_type": "booking.created"}, "booking.created", Barrier.NO_DOOR),
    ({"trigger_type": "birthday_trigger"}, "birthday_trigger", Barrier.NO_DOOR),
    ({"trigger_type": "email_opened"}, "email_opened", Barrier.NO_DOOR),
    ({"trigger_type": "first_session"}, "first_session", Barrier.NO_DOOR),
    ({"trigger_type": "membership_expiring"}, "membership_expiring", Barrier.NO_DOOR),
]  # fmt: skip


@pytest.mark.parametrize(("columns", "node", "rule"), CANNOT)
def test_what_no_door_reaches_cannot_fire_and_has_to_be_signed(
    columns: dict[str, Any], node: str, rule: Barrier
) -> None:
    # Executions prove nothing here: they were started by hand, or under another configuration.
    for seen in (None, Evidence(Seen.FIRES), Evidence(Seen.NOTHING)):
        legacy = workflow(node, seen=seen, **columns)
        translation = translate_or_raise(legacy)
        assert translation.judged == (("cannot_fire", str(rule)),)
        assert change_codes(translation) == {"TRIGGER_CANNOT_FIRE"}
        assert rule.sentence in only(translation).notes


def test_a_graph_without_a_trigger_node_failed_every_time() -> None:
    legacy = workflow(nodes=[SENDS], edges=[], seen=Evidence(Seen.FIRES))
    assert judged(legacy) == [("cannot_fire", "no_trigger_node")]
    assert "TRIGGER_CANNOT_FIRE" in change_codes(translate_or_raise(legacy))


@pytest.mark.parametrize(
    ("seen", "expected", "code"),
    [(Seen.FIRES, "fires", None), (Seen.SILENT, "silent", "TRIGGER_WAS_SILENT"), (Seen.NOTHING, "unknown", "TRIGGER_NEVER_SEEN")],
)  # fmt: skip
@pytest.mark.parametrize("column", ["lead_created", "form_submitted"])
def test_what_a_door_reaches_is_judged_by_its_history(
    seen: Seen, expected: str, code: str | None, column: str
) -> None:
    translation = translate_or_raise(workflow(column, trigger_type=column, seen=Evidence(seen)))
    assert [item and item[0] for item in translation.judged] == [expected]
    assert change_codes(translation) == ({code} if code else set())
    assert "TRIGGER_EVIDENCE" in codes(translation)
    assert expected in only(translation).notes


def test_a_workflow_that_fires_and_has_nothing_else_is_plainly_migrated() -> None:
    translation = translate_or_raise(workflow(seen=Evidence(Seen.FIRES)))
    assert str(translation.outcome) == "migrated"
    assert codes(translation) == {"TRIGGER_EVIDENCE"}


@pytest.mark.parametrize("status", ["draft", "paused", None])
def test_what_is_not_live_does_not_wake_up_at_cutover(status: str | None) -> None:
    translation = translate_or_raise(workflow(trigger_type=None, status=status, seen=Evidence(Seen.NOTHING)))
    assert translation.judged == (("cannot_fire", "column_unset"),)
    assert change_codes(translation) == set()


def test_what_is_started_by_hand_never_wakes_up() -> None:
    for by_hand, expected in ((True, "fires"), (False, "unknown")):
        legacy = workflow("manual", trigger_type="manual", seen=Evidence(Seen.NOTHING, by_hand=by_hand))
        translation = translate_or_raise(legacy)
        assert [item and item[0] for item in translation.judged] == [expected]
        assert change_codes(translation) == set()


def test_schedules_fire_only_where_the_history_shows_it() -> None:
    config = {"cronExpression": "0 9 * * 1", "timezone": "Europe/London"}
    never = workflow(
        "scheduled", trigger_type="scheduled", trigger_config=config, seen=Evidence(Seen.NOTHING)
    )
    assert judged(never) == [("cannot_fire", "schedules_never_fired")]
    assert change_codes(translate_or_raise(never)) == {"NEVER_FIRED_IN_LEGACY"}
    fired = workflow("scheduled", trigger_type="scheduled", trigger_config=config, seen=Evidence(Seen.FIRES))
    assert judged(fired) == [("fires", "history")]
    assert change_codes(translate_or_raise(fired)) == set()


def test_each_trigger_has_its_own_evidence() -> None:
    nodes = [trigger_node("lead_created"), trigger_node("webhook", "u"), SENDS]
    legacy = workflow(nodes=nodes, edges=[edge("t", "a"), edge("u", "a")], seen=Evidence(Seen.FIRES))
    assert judged(legacy) == [("fires", "history"), ("cannot_fire", "other_column")]


def test_a_registered_row_is_no_evidence_beside_the_column() -> None:
    row = {
        "id": ROW, "trigger_type": "contact_tagged", "trigger_config": '{"tagId": "vip"}', "is_active": "true",
        "last_triggered_at": "2026-01-01 00:00:00+00",
    }  # fmt: skip
    legacy = workflow(
        shape="B", triggers=(row,), seen=Evidence(Seen.FIRES),
        workflow_data={"nodes": [trigger_node("lead_created"), SENDS], "edges": [edge("t", "a")]}, nodes=[],
    )  # fmt: skip
    translation = translate_or_raise(legacy)
    assert translation.workflow is not None
    assert [trigger.type for trigger in translation.workflow.triggers] == ["lead_created", "contact_tagged"]
    assert translation.judged == (("fires", "history"), ("cannot_fire", "no_door"))


def test_an_event_starts_a_workflow_once_however_often_its_trigger_stands_there() -> None:
    nodes = [trigger_node("lead_created"), trigger_node("new_lead", "u"), SENDS]
    drawn = workflow(nodes=nodes, edges=[edge("t", "a"), edge("u", "a")], seen=Evidence(Seen.FIRES))
    assert judged(drawn) == [("fires", "history"), ("cannot_fire", "second_trigger")]
    rows = tuple(
        {"id": id_, "trigger_type": kind, "trigger_config": config, "is_active": "true"}
        for id_, kind, config in (
            (ROW, "new_lead", '{"source": "a"}'),
            ("", "lead_created", '{"source": "b"}'),
        )
    )
    registered = translate_or_raise(
        workflow(shape="B", triggers=rows, workflow_data={"nodes": [], "edges": []}, nodes=[])
    )
    assert only(registered).type == "lead_created"
    assert str(registered.links[0].row_id) == ROW


# The doors' own filters


def test_a_filter_of_the_node_alone_narrowed_nothing() -> None:
    translation = translate_or_raise(workflow(node_config={"source": "facebook"}, seen=Evidence(Seen.FIRES)))
    trigger = only(translation)
    assert "sources" not in trigger.parameters
    assert trigger.parameters["extra"] == {"nodes.source": "facebook"}
    assert "TRIGGER_FILTER_UNREAD" in codes(translation)
    assert change_codes(translation) == set()


def test_the_spelling_of_the_node_narrowed_nothing_either() -> None:
    translation = translate_or_raise(workflow("website_form", trigger_type="form_submitted"))
    assert only(translation).parameters == {"extra": {"nodes.spelling": "website_form"}}
    assert "TRIGGER_FILTER_UNREAD" in codes(translation)


def test_the_column_filters_as_its_door_did() -> None:
    config = {
        "source": "web",
        "tags": ["a"],
        "leadScore": {"min": 10},
        "sourceId": "9",
        "conditions": [{"field": "x"}],
    }
    translation = translate_or_raise(workflow(node_config={"source": "facebook"}, trigger_config=config))
    parameters = only(translation).parameters
    assert (parameters["sources"], parameters["tags"], parameters["minimum_score"]) == (["web"], ["a"], 10)
    assert parameters["extra"]["sourceId"] == "9"
    assert "filters" not in parameters
    assert {"TRIGGER_FILTER_UNREAD", "TRIGGER_CONFIGS_DISAGREE"} <= codes(translation)


def test_the_column_beats_a_node_of_another_type() -> None:
    translation = translate_or_raise(workflow("website_form", node_config={"formId": "f1"}))
    trigger = only(translation)
    assert trigger.type == "lead_created"
    assert trigger.parameters["extra"]["trigger_node"]["config"]["formId"] == "f1"
    assert "TRIGGER_DISAGREEMENT" in codes(translation)
    assert "TRIGGER_IDENTITY_CHANGED" not in change_codes(translation)


def test_how_a_webhook_is_called_may_stand_in_the_node() -> None:
    config = {"webhook_id": "w1", "webhookFilters": [{"field": "a", "operator": "equals", "value": 1}]}
    legacy = workflow(
        "webhook", trigger_type="webhook", trigger_config=config, node_config={"method": "POST"}
    )
    parameters = only(translate_or_raise(legacy)).parameters
    assert (parameters["endpoint_id"], parameters["method"]) == ("w1", "POST")
    assert "filters" not in parameters


# Schedules in two places


def schedule_row(config: str, **more: str) -> dict[str, str | None]:
    plain = {
        "id": ROW,
        "schedule_type": "cron",
        "schedule_config": config,
        "timezone": "Europe/Paris",
        "is_active": "true",
    }
    return {**plain, **more}


def test_a_registered_schedule_is_never_mixed_with_another() -> None:
    legacy = record(
        "B", schedules=(schedule_row('{"cronExpression": "0 9 * * 1"}'),), trigger_type="scheduled",
        trigger_config={"scheduleType": "everyday", "runTime": "07:30", "daysOfWeek": [1, 2]},
        workflow_data={"nodes": [], "edges": []},
    )  # fmt: skip
    translation = translate_or_raise(legacy)
    trigger = only(translation)
    assert trigger.parameters["schedule"]["cron"] == "0 9 * * 1"
    assert "07:30" in trigger.parameters["extra"].values()
    assert "SCHEDULE_ROW_DISAGREES" in codes(translation)


def test_the_same_schedule_in_two_places_is_one() -> None:
    legacy = record(
        "B", schedules=(schedule_row('{"cronExpression": "0 9 * * 1"}'),), trigger_type="scheduled",
        trigger_config={"cronExpression": "0 9 * * 1"}, workflow_data={"nodes": [], "edges": []},
    )  # fmt: skip
    assert "SCHEDULE_ROW_DISAGREES" not in codes(translate_or_raise(legacy))


def test_a_registered_schedule_beside_another_trigger_is_one_of_its_own() -> None:
    legacy = record(
        "B", schedules=(schedule_row('{"cronExpression": "0 9 * * 1"}'),), trigger_type="lead_created",
        trigger_config={}, workflow_data={"nodes": [], "edges": []},
    )  # fmt: skip
    translation = translate_or_raise(legacy)
    assert translation.workflow is not None
    assert [trigger.type for trigger in translation.workflow.triggers] == ["lead_created", "schedule"]
    assert "SCHEDULE_ROW_DISAGREES" in codes(translation)


def test_what_another_trigger_started_is_no_evidence_of_a_schedule() -> None:
    beside: dict[str, Any] = {
        "shape": "B", "trigger_type": "lead_created", "nodes": [], "workflow_data": {"nodes": [], "edges": []},
    }  # fmt: skip
    row = schedule_row('{"cronExpression": "0 9 * * 1"}')
    legacy = workflow(schedules=(row,), seen=Evidence(Seen.FIRES), **beside)
    assert judged(legacy)[1] == ("cannot_fire", "schedules_never_fired")
    assert "NEVER_FIRED_IN_LEGACY" in change_codes(translate_or_raise(legacy))
    own = schedule_row('{"cronExpression": "0 9 * * 1"}', last_run_at="2026-01-01 09:00:00+00")
    fired = workflow(schedules=(own,), seen=Evidence(Seen.NOTHING), **beside)
    assert judged(fired)[1] == ("fires", "own_row")


@pytest.mark.parametrize(
    ("config", "column", "zone"),
    [
        ('{"cronExpression": "0 9 * * 1"}', "America/New_York", "Europe/London"),
        ('{"cronExpression": "0 9 * * 1"}', "Europe/Paris", "Europe/Paris"),
        ('{"cronExpression": "0 9 * * 1", "timezone": "America/New_York"}', "America/New_York", "America/New_York"),
        ('{"cronExpression": "0 9 * * 1", "tz": "Asia/Tokyo"}', "America/New_York", "Asia/Tokyo"),
        ('{"cronExpression": "0 9 * * 1", "tz": "Asia/Tokyo"}', "Europe/Paris", "Asia/Tokyo"),
    ],
)  # fmt: skip
def test_the_default_of_a_registered_schedules_column_is_no_zone(config: str, column: str, zone: str) -> None:
    legacy = record(
        "B", schedules=(schedule_row(config, timezone=column),), trigger_type="scheduled", trigger_config={},
        workflow_data={"nodes": [], "edges": []},
    )  # fmt: skip
    organization = str(legacy.organization_id)
    tenancy = Tenancy(frozenset({organization}), zones={organization: "Europe/London"})
    translation = translate_or_raise(legacy, tenancy)
    assert only(translation).parameters["schedule"]["timezone"] == zone
    told = "TIMEZONE_DEFAULT_IGNORED" in codes(translation)
    assert told is (zone == "Europe/London")
    stored = stored_schedules(legacy, raw_graph(legacy, Findings("workflows", legacy.id)))
    assert stored["trigger"].get("timezone", stored["trigger"].get("tz")) == (column if told else zone)


# Steps


def stepped(nodes: list[dict[str, Any]], edges: list[dict[str, Any]], **steps: StepSeen) -> Translation:
    often = frozenset(id_ for id_, seen in steps.items() if seen is StepSeen.DONE)
    return translate_or_raise(
        workflow(
            nodes=[trigger_node(), *nodes], edges=edges, seen=Evidence(Seen.FIRES, steps=steps, often=often)
        )
    )


@pytest.mark.parametrize(
    ("seen", "code"),
    [(StepSeen.SKIPPED, "STEP_ALWAYS_SKIPPED"), (StepSeen.FAILED, "STEP_ALWAYS_FAILED"), (StepSeen.DONE, None), (StepSeen.SELDOM, None)],
)  # fmt: skip
def test_a_step_that_never_did_anything_has_to_be_signed(seen: StepSeen, code: str | None) -> None:
    translation = stepped([SENDS], [edge("t", "a")], t=StepSeen.DONE, a=seen)
    assert change_codes(translation) == ({code} if code else set())


def test_a_branch_that_never_sent_has_to_be_signed() -> None:
    ask = logic_node("condition", "c", field="lead.status", operator="equals", value="new")
    nodes = [ask, action_node("send_sms", "yes", message="Hi"), action_node("send_sms", "no", message="Ho")]
    edges = [edge("t", "c"), edge("c", "yes", "true"), edge("c", "no", "false")]
    done = dict.fromkeys(("t", "c", "yes"), StepSeen.DONE)
    assert "BRANCH_NEVER_SENT" in change_codes(stepped(nodes, edges, **done))
    assert "BRANCH_NEVER_SENT" not in change_codes(stepped(nodes, edges, **done, no=StepSeen.DONE))
    assert "BRANCH_NEVER_SENT" not in change_codes(stepped(nodes, edges, t=StepSeen.DONE, c=StepSeen.SELDOM))


@pytest.mark.parametrize(
    ("steps", "ran"),
    [({}, True), ({"t": StepSeen.DONE, "a": StepSeen.DONE}, True), ({"t": StepSeen.DONE, "a": StepSeen.FAILED}, True),
     ({"t": StepSeen.DONE}, False), ({"t": StepSeen.DONE, "a": StepSeen.SKIPPED}, False)],
)  # fmt: skip
@pytest.mark.parametrize("switch", [{"disabled": True}, {"enabled": False}])
def test_a_disabled_step_ran_all_the_same(
    steps: dict[str, StepSeen], ran: bool, switch: dict[str, bool]
) -> None:
    node = {**SENDS, "data": {**SENDS["data"], **switch}}
    translation = stepped([node], [edge("t", "a")], **steps)
    assert translation.workflow is not None
    assert translation.workflow.nodes[0].enabled is False
    assert ("DISABLED_STEP_RAN" in change_codes(translation)) is ran


def test_a_disabled_step_that_nothing_leads_to_never_ran() -> None:
    node = action_node("send_sms", "b", message="x", disabled=True)
    assert "DISABLED_STEP_RAN" not in change_codes(stepped([SENDS, node], [edge("t", "a")]))


# Recipients


@pytest.mark.parametrize(
    ("to", "kept"),
    [("{{lead.email}}", "{{ contact.email }}"), (["desk@gym.example"], "desk@gym.example"), ([{"email": "desk@gym.example"}], "desk@gym.example")],
)  # fmt: skip
def test_one_recipient_is_carried_however_it_is_written(to: Any, kept: str) -> None:
    node = action_node("send_email", to=to, subject="a", body="b")
    translation = translate_or_raise(workflow(nodes=[trigger_node(), node]))
    assert translation.workflow is not None
    assert translation.workflow.nodes[0].parameters["to"] == kept
    assert translation.status == "active"


@pytest.mark.parametrize("kind", ["send_email", "send_sms", "send_whatsapp", "make_call", "send_slack"])
def test_several_recipients_keep_the_workflow_inactive(kind: str) -> None:
    people = ["desk@gym.example", "owner@gym.example"]
    node = action_node(kind, to=people, subject="a", message="b")
    translation = translate_or_raise(workflow(nodes=[trigger_node(), node]))
    assert translation.workflow is not None
    assert translation.workflow.nodes[0].parameters["extra"]["to"] == people
    assert translation.status == "paused"
    assert "RECIPIENTS_NOT_CARRIED" in codes(translation)


def test_readers_that_cannot_be_read_keep_it_inactive_too() -> None:
    node = action_node("send_email", subject="a", body="b", cc=[{"name": "A", "email": "a@gym.example"}])
    translation = translate_or_raise(workflow(nodes=[trigger_node(), node]))
    assert translation.status == "paused"


# Variables


def message_with(text: str, variables: Any) -> str:
    node = action_node("send_sms", message=text)
    translation = translate_or_raise(workflow(nodes=[trigger_node(), node], variables=variables))
    assert translation.workflow is not None
    found: str = translation.workflow.nodes[0].parameters["message"]
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{firstName}}", '{{ contact.first_name | default("there") }}'), ("{{ email }}", "{{ contact.email }}"),
        ("{{lead.email}}", "{{ contact.email }}"), ("{{offer}}", "{{ variables.offer }}"), ("{{city}}", "{{ variables.city }}"),
        ("{{variables.email}}", "{{ variables.email }}"),
    ],
)  # fmt: skip
def test_the_event_and_its_lead_come_before_variables(text: str, expected: str) -> None:
    variables = {"firstName": "", "email": "office@gym.example", "lead": "x", "offer": "A", "city": "Leeds"}
    assert message_with(text, variables) == expected


def test_a_shadowed_variable_is_said() -> None:
    translation = translate_or_raise(workflow(variables={"email": "office@gym.example", "offer": "A"}))
    assert "VARIABLE_SHADOWED" in codes(translation)
    assert "VARIABLE_SHADOWED" not in codes(translate_or_raise(workflow(variables={"offer": "A"})))


def test_conditions_mean_the_lead_as_well() -> None:
    ask = logic_node("condition", "a", field="email", operator="equals", value="x@y.example")
    translation = translate_or_raise(
        workflow(nodes=[trigger_node(), ask], variables={"email": "office@gym.example"})
    )
    assert translation.workflow is not None
    assert translation.workflow.nodes[0].parameters["condition"]["field"] == "contact.email"


# Forecasts


def test_messages_of_a_start_are_a_range_over_its_paths() -> None:
    ask = logic_node("condition", "c", field="lead.status", operator="equals", value="new")
    nodes = [
        trigger_node(), action_node("send_email", "a", subject="s", body="b"), ask,
        action_node("send_sms", "yes", message="Hi"), action_node("send_sms", "also", message="Hi"),
        action_node("add_tags", "no", tags=["x"]),
    ]  # fmt: skip
    edges = [
        edge("t", "a"),
        edge("a", "c"),
        edge("c", "yes", "true"),
        edge("yes", "also"),
        edge("c", "no", "false"),
    ]
    translation = translate_or_raise(workflow(nodes=nodes, edges=edges))
    assert translation.workflow is not None
    assert messages_of(translation.workflow, "t") == (1, 3)


def test_a_forecast_counts_only_what_the_filters_let_through() -> None:
    events = {("lead", "web"): 90, ("lead", "shop"): 180, ("form", ""): 9}
    everything = forecast(asked_by("lead_created", {}), (1, 2), events, {"lead"})
    assert everything is not None
    assert everything.sentence == "3.00 events a day × 1–2 messages = 3.00–6.00 messages a day"
    of_the_web = forecast(
        asked_by("lead_created", {"sources": ["web"], "tags": ["a"]}), (1, 1), events, {"lead"}
    )
    assert of_the_web is not None
    assert [str(bound) for bound in of_the_web.messages_a_day] == ["0.00", "1.00"]


@pytest.mark.parametrize(
    ("type_", "counted"), [("payment_failed", {"lead"}), ("schedule", {"lead"}), ("form_submitted", {"lead"})]
)
def test_there_is_no_forecast_for_what_leaves_no_rows(type_: str, counted: set[str]) -> None:
    assert forecast(asked_by(type_, {}), (1, 1), {("lead", ""): 5}, counted) is None


def test_bookings_are_counted_for_all_that_they_start() -> None:
    kinds = ("booking_created", "appointment_booked", "first_session")
    assert {asked_by(name, {}) for name in kinds} == {Asked("booking", None, is_certain=True)}


def test_evidence_survives_its_row() -> None:
    evidence = Evidence(Seen.SILENT, True, {"a": StepSeen.SKIPPED}, frozenset({"b"}))
    assert evidence_from(evidence.to_row()) == evidence

"""What each node makes of its parameters and of the data it sees."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from atlas_workflows.engine.behaviour import Call, Done, Outcome, Perform, Skipped, StepFailed
from atlas_workflows.expressions.moment import moment
from atlas_workflows.graph.catalogue import Effect, Role
from atlas_workflows.graph.model import Node
from atlas_workflows.nodes.catalogue import load_catalogue

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
CONTACT = {
    "id": "c1", "name": "Ana <b>", "score": 95, "visits": 4, "tags": ["trial", "vip"], "goals": ["run"],
    "address": {"city": "Łódź"}, "plan": "Gold Plus", "note": "", "paid": [3, "4.5", None, "x"],
}  # fmt: skip
SCOPE = {"contact": CONTACT, "trigger": {"form": "trial"}, "variables": {"gym": "Iron"}, "nodes": {}}


def asked_of(
    type_: str, parameters: dict[str, Any], subject: str = "c1", *, node: str = "n", workflow: str = "w"
) -> tuple[Call, Outcome]:
    kind = load_catalogue().node(type_, 1)
    assert kind is not None
    at = moment(NOW, "Europe/London")
    found = Node(node, type_, parameters)
    call = Call(found, kind.prepare(parameters), SCOPE, at, "Europe/London", "x/n", subject, workflow)
    return call, kind.execute(call)


def do(type_: str, subject: str = "c1", /, **parameters: Any) -> Outcome:
    return asked_of(type_, parameters, subject)[1]


def effect(type_: str, /, **parameters: Any) -> Perform:
    outcome = do(type_, **parameters)
    assert isinstance(outcome, Perform)
    return outcome


def done(type_: str, /, **parameters: Any) -> Done:
    outcome = do(type_, **parameters)
    assert isinstance(outcome, Done)
    return outcome


def test_an_action_names_its_effect_and_fills_in_its_content() -> None:
    found = effect(
        "send_sms", message="Hi {{ contact.name }} from {{ variables.gym }}", extra={"old": "{{ x }}"}
    )
    assert found.kind == "send_sms"
    assert found.content == {"message": "Hi Ana <b> from Iron"}


@pytest.mark.parametrize("kind", ["cancel_appointment", "check_in"])
def test_where_no_appointment_is_named_it_is_the_one_that_started_the_execution(kind: str) -> None:
    assert effect(kind).content == {}
    node = load_catalogue().node(kind, 1)
    assert node is not None
    for scope, named in (
        ({"appointment": {"id": "a1"}}, None),
        ({"trigger": {"appointment_id": "a1"}}, None),
        ({"appointment": {"id": "a2"}}, "{{ contact.booked }}"),
    ):
        given = {} if named is None else {"appointment_id": named}
        known = SCOPE | {"contact": {"booked": "a1"}} | scope
        at = moment(NOW, "Europe/London")
        call = Call(Node("n", kind, given), node.prepare(given), known, at, "Europe/London", "x/n", "c1", "w")
        found = node.execute(call)
        assert isinstance(found, Perform)
        assert found.content == {"appointment_id": "a1"}


def test_values_put_into_html_are_escaped_and_into_plain_text_are_not() -> None:
    html = effect("send_email", subject="{{ contact.name }}", body="<p>{{ contact.name }}</p>")
    assert html.content == {"subject": "Ana <b>", "body": "<p>Ana &lt;b&gt;</p>"}
    plain = effect("send_email", subject="x", body="{{ contact.name }}", html=False)
    assert plain.content["body"] == "Ana <b>"


def test_whatsapp_positions_are_filled_from_the_rendered_parameters() -> None:
    found = effect(
        "send_whatsapp", message="Hi {{1}}, {{2}}!", template_parameters=["{{ contact.plan }}", "welcome"]
    )
    assert found.content["message"] == "Hi Gold Plus, welcome!"
    assert found.content["template_parameters"] == ["Gold Plus", "welcome"]


def test_positions_that_were_filled_are_not_reported_and_the_others_are() -> None:
    parameters = {"message": "Hi {{1}}, {{2}}", "template_parameters": ["{{ contact.plan }}"]}
    call, found = asked_of("send_whatsapp", parameters)
    assert isinstance(found, Perform)
    assert (found.content["message"], call.unresolved) == ("Hi Gold Plus, ", ["2"])


def test_deep_values_keep_their_type_and_direct_ones_stay_texts() -> None:
    found = effect(
        "update_contact", fields={"last_score": "{{ contact.score }}", "label": "Score {{ contact.score }}"}
    )
    assert found.content["fields"] == {"last_score": 95, "label": "Score 95"}
    assert effect("add_note", text="{{ contact.score }}").content == {"text": "95"}
    assert effect("add_tags", tags=["{{ contact.plan }}"]).content == {"tags": ["Gold Plus"]}


BROKEN = [
    "{{ }",
    "{{ 1 + }}",
    "{{ contact.name | nope }}",
    "Hi {{ contact.name",
    "{{ contact.nope }} {{ 1 + }}",
]


@pytest.mark.parametrize("text", BROKEN)
@pytest.mark.parametrize(
    ("type_", "parameters", "written"),
    [
        ("add_note", lambda text: {"text": text}, lambda content: content["text"]),
        ("add_tags", lambda text: {"tags": [text]}, lambda content: content["tags"][0]),
        ("update_contact", lambda text: {"fields": {"a": [text]}}, lambda content: content["fields"]["a"][0]),
        ("send_email", lambda text: {"subject": "x", "body": text}, lambda content: content["body"]),
        ("http_request", lambda text: {"url": "https://example.org", "body": {"a": text}}, lambda content: content["body"]["a"]),
    ],
)  # fmt: skip
def test_what_cannot_be_read_stays_as_written_and_is_reported(
    type_: str, parameters: Any, written: Any, text: str
) -> None:
    kind = load_catalogue().node(type_, 1)
    assert kind is not None
    assert [fault.code for fault in kind.faults(parameters(text))] == ["UNREADABLE_TEMPLATE"]
    call, found = asked_of(type_, parameters(text))
    assert isinstance(found, Perform)
    assert written(found.content) == text.replace("{{ contact.nope }}", "")
    assert any("1 +" in name or name in text for name in call.unresolved)


def test_a_value_that_is_not_found_is_reported_wherever_it_stands() -> None:
    call, found = asked_of(
        "update_contact", {"fields": {"a": "{{ contact.nope | upper }}", "b": "Hi {{ contact.none }}"}}
    )
    assert isinstance(found, Perform)
    assert found.content["fields"] == {"a": None, "b": "Hi "}
    assert call.unresolved == ["contact.nope", "contact.none"]


def test_what_a_value_contains_is_never_read_as_a_template() -> None:
    assert effect("add_note", text="{{ '{{ contact.name }}' }}").content["text"] == "{{ contact.name }}"


@pytest.mark.parametrize(
    "url",
    [
        'http://{{ "example.org" }}',
        'https://{{ "127.1" }}/',
        "https://{{ contact.nope }}/",
        "{{ contact.plan }}",
    ],
)
def test_a_url_that_turns_out_to_be_refused_fails_the_step(url: str) -> None:
    for type_, parameters in (
        ("http_request", {"url": url}),
        ("send_webhook", {"url": url}),
        ("send_sms", {"message": "x", "media_urls": [url]}),
    ):
        with pytest.raises(StepFailed, match=r"url.* is refused") as failure:
            do(type_, **parameters)
        assert not failure.value.may_retry


def test_secrets_stay_references() -> None:
    secret = {"$secret": "9b2d0c2e-6f6c-4d60-8a5b-6f3f6c2b1c11"}
    found = effect(
        "http_request", url="https://example.org", method="POST", headers={"Authorization": secret}
    )
    assert found.content["headers"] == {"Authorization": secret}


@pytest.mark.parametrize(
    ("type_", "parameters", "patch"),
    [
        ("add_tags", {"tags": ["vip", "new"]}, {"tags": ["trial", "vip", "new"]}),
        ("add_tags", {"tags": ["new"], "replace_existing": True}, {"tags": ["new"]}),
        ("remove_tags", {"tags": ["VIP", "unknown"]}, {"tags": ["trial"]}),
        ("update_lead", {"fields": {"plan": "{{ contact.visits }}"}}, {"plan": 4}),
        ("update_contact", {"fields": {"goals": ["swim", "run"]}, "merge_strategy": "append"}, {"goals": ["run", "swim"]}),
        ("update_contact", {"fields": {"plan": "Basic", "note": "x"}, "merge_strategy": "merge"}, {"plan": "Gold Plus", "note": "x"}),
        ("update_contact", {"fields": {"address": {"zip": "90-001"}}, "merge_strategy": "merge"}, {"address": {"city": "Łódź", "zip": "90-001"}}),
        ("update_lead_status", {"status": "contacted"}, {"status": "contacted"}),
        ("change_stage", {"stage": "offer"}, {"stage": "offer"}),
        ("assign_lead", {"user_id": "u7"}, {"assigned_to": "u7"}),
        ("update_lead_score", {"value": 10}, {"score": 100}),
        ("update_lead_score", {"value": "{{ contact.visits }}", "operation": "subtract"}, {"score": 91}),
        ("update_lead_score", {"value": Decimal("0"), "operation": "set"}, {"score": 0}),
        ("send_sms", {"message": "x"}, {}),
    ],
)  # fmt: skip
def test_what_an_action_changes_about_the_contact(
    type_: str, parameters: dict[str, Any], patch: dict[str, Any]
) -> None:
    assert effect(type_, **parameters).patch == patch


def test_points_that_are_no_number_fail() -> None:
    with pytest.raises(StepFailed, match="no number"):
        do("update_lead_score", value="{{ contact.name }}")


def test_skip_unless() -> None:
    never = {"field": "contact.score", "operator": "less_than", "value": 10}
    assert isinstance(do("send_sms", message="x", skip_unless=never), Skipped)


@pytest.mark.parametrize(
    ("cases", "port"),
    [
        ([{"port": "a", "value": "gold plus"}], "a"),
        ([{"port": "a", "value": "Gold"}], "default"),
        ([{"port": "a", "value": "{{ contact.plan }}"}], "a"),
        ([{"port": "a", "kind": "pattern", "pattern": "^Gold"}], "a"),
        ([{"port": "a", "kind": "pattern", "pattern": "(a+)+$"}], "default"),
        ([{"port": "a", "kind": "condition", "condition": {"field": "contact.score", "operator": "greater_than", "value": 90}}], "a"),
        ([{"port": "a", "value": "x"}, {"port": "b", "value": "Gold Plus"}, {"port": "c", "kind": "pattern", "pattern": "."}], "b"),
    ],
)  # fmt: skip
def test_switch(cases: list[dict[str, Any]], port: str) -> None:
    assert done("switch", value="{{ contact.plan }}", cases=cases).port == port


@pytest.mark.parametrize(
    ("case", "port"),
    [
        ({"value": "{{ trigger.nope }}"}, "default"),
        ({"value": "{{ trigger.nope }}{{ trigger.neither }}"}, "default"),
        ({"kind": "pattern", "pattern": ".*"}, "default"),
        ({"kind": "range", "min": "{{ trigger.nope }}"}, "default"),
        ({"kind": "condition", "condition": {"field": "contact.nope", "operator": "equals", "value": "{{ trigger.nope }}"}}, "default"),
        ({"value": None}, "a"),
    ],
)  # fmt: skip
def test_a_missing_value_fits_no_case_but_a_null_that_is_written_out(case: dict[str, Any], port: str) -> None:
    assert done("switch", value="{{ contact.nope }}", cases=[{"port": "a", **case}]).port == port


@pytest.mark.parametrize("bound", ["min", "max"])
def test_a_bound_that_is_not_found_fits_nothing(bound: str) -> None:
    case = {"port": "a", "kind": "range", "min": 0, "max": 100, bound: "{{ trigger.nope }}"}
    assert done("switch", value="{{ contact.score }}", cases=[case]).port == "default"


@pytest.mark.parametrize(
    ("low", "high", "port"),
    [(90, 95, "a"), (95, 99, "a"), (96, None, "default"), (None, 95, "a"), (None, 94, "default")],
)
def test_switch_ranges_include_both_ends(low: int | None, high: int | None, port: str) -> None:
    bounds = {name: bound for name, bound in (("min", low), ("max", high)) if bound is not None}
    assert (
        done("switch", value="{{ contact.score }}", cases=[{"port": "a", "kind": "range", **bounds}]).port
        == port
    )


def test_conditions_and_gates_say_what_they_saw() -> None:
    missing = {"field": "contact.phone", "operator": "exists"}
    for type_ in ("condition", "filter"):
        assert "contact.phone" in done(type_, condition=missing).note


def test_filter_as_a_gate_and_over_items() -> None:
    high = {"field": "contact.score", "operator": "greater_than", "value": 90}
    assert done("filter", condition=high).port == "main"
    assert done("filter", condition={"operator": "not", "conditions": [high]}).port == "rejected"
    some = done(
        "filter",
        items="contact.tags",
        condition={"field": "item", "operator": "equals", "value": "vip"},
        output="kept",
    )
    assert some.output == {"items": ["vip"], "count": 1}
    assert some.variables == {"kept": ["vip"]}


def way(workflow: str, node: str, subject: str) -> str:
    halves = {"branches": [{"port": "a", "weight": 1}, {"port": "b", "weight": 1}]}
    outcome = asked_of("split", halves, subject, node=node, workflow=workflow)[1]
    assert isinstance(outcome, Done)
    return outcome.port


@pytest.mark.parametrize("other", [("w2", "n"), ("w", "n2")])
def test_another_workflow_or_node_splits_the_same_subjects_another_way(other: tuple[str, str]) -> None:
    subjects = [f"subject-{i}" for i in range(2000)]
    alike = sum(way("w", "n", subject) == way(*other, subject) for subject in subjects)
    assert 900 < alike < 1100
    assert [way(*other, subject) for subject in subjects] == [way(*other, subject) for subject in subjects]


def test_names_that_read_alike_when_strung_together_are_not_alike() -> None:
    pairs = [(("w", f"n/{i}", "s"), ("w", "n", f"{i}/s")) for i in range(400)]
    assert 130 < sum(way(*one) == way(*two) for one, two in pairs) < 270


def test_split_is_sticky_and_keeps_to_its_weights() -> None:
    branches = [{"port": "a", "weight": 3}, {"port": "b", "weight": 1}, {"port": "never", "weight": 0}]
    taken = [do("split", f"subject-{i}", branches=branches).port for i in range(2000)]  # type: ignore[union-attr]
    assert taken == [do("split", f"subject-{i}", branches=branches).port for i in range(2000)]  # type: ignore[union-attr]
    assert 1400 < taken.count("a") < 1600
    assert "never" not in taken


@pytest.mark.parametrize(
    ("operation", "result"),
    [
        ({"kind": "set", "value": ["{{ contact.score }}", "x"]}, [95, "x"]),
        ({"kind": "format", "template": "{{ item.city }}!", "source": "contact.address"}, "Łódź!"),
        ({"kind": "map", "source": "contact.tags", "fields": {"tag": "{{ item | upper }}"}}, [{"tag": "TRIAL"}, {"tag": "VIP"}]),
        ({"kind": "map", "source": "contact.address", "fields": {"town": "{{ item.city }}"}}, {"town": "Łódź"}),
        ({"kind": "filter", "source": "contact.tags", "condition": {"field": "item", "operator": "contains", "value": "v"}}, ["vip"]),
        ({"kind": "aggregate", "source": "contact.paid", "function": "sum"}, Decimal("7.5")),
        ({"kind": "aggregate", "source": "contact.paid", "function": "count"}, 4),
        ({"kind": "aggregate", "source": "contact.paid", "function": "avg"}, Decimal("3.75")),
        ({"kind": "aggregate", "source": "contact.paid", "function": "max"}, Decimal("4.5")),
        ({"kind": "aggregate", "source": "contact.paid", "function": "min"}, 3),
        ({"kind": "aggregate", "source": "contact.paid", "function": "last"}, "x"),
        ({"kind": "aggregate", "source": "contact.tags", "function": "avg"}, None),
        ({"kind": "calculate", "expression": "contact.visits * 2 + 1"}, 9),
        ({"kind": "merge", "sources": ["contact.address", "trigger"]}, {"city": "Łódź", "form": "trial"}),
        ({"kind": "merge", "sources": ["contact.tags", "contact.none", "contact.goals"]}, ["trial", "vip", "run"]),
        ({"kind": "split", "source": "contact.plan", "separator": " "}, ["Gold", "Plus"]),
        ({"kind": "lookup", "source": "contact.plan", "table": {"Gold Plus": 49}}, 49),
        ({"kind": "lookup", "source": "contact.city", "table": {}, "default": "?"}, "?"),
    ],
)  # fmt: skip
def test_operations_of_transform(operation: dict[str, Any], result: Any) -> None:
    found = done("transform", operations=[{**operation, "output": "made"}], output="same")
    assert found.output == {"result": result}
    assert found.variables == {"made": result, "same": result}


def test_an_operation_sees_what_those_before_it_made() -> None:
    first = {"kind": "calculate", "expression": "contact.visits + 1", "output": "more"}
    second = {"kind": "format", "template": "{{ variables.more }} in {{ variables.gym }}", "output": "said"}
    assert done("transform", operations=[first, second]).variables == {"more": 5, "said": "5 in Iron"}


def test_an_operation_on_what_is_not_there_fails() -> None:
    with pytest.raises(StepFailed, match=r"no list at contact\.none"):
        do("transform", operations=[{"kind": "filter", "source": "contact.none", "condition": {"field": "item", "operator": "exists"}, "output": "x"}])  # fmt: skip


def test_pure_actions() -> None:
    assert done("calculate_value", expression="contact.visits / 8", output="half").variables == {
        "half": Decimal("0.5")
    }
    assert done("format_text", text="{{ contact.plan | lower }}", output="said").variables == {
        "said": "gold plus"
    }
    rules = [
        {"field": "contact.score", "operator": "exists"},
        {"field": "contact.phone", "operator": "exists"},
    ]
    assert done("validate_data", rules=rules, output="check").variables == {
        "check": {"valid": False, "broken_rules": [1]}
    }
    with pytest.raises(StepFailed, match=r"rules\[1\]"):
        do("validate_data", rules=rules, fail_when_invalid=True)
    assert done("set_variable", name="x", value="{{ contact.tags }}").variables == {"x": ["trial", "vip"]}


def test_a_sub_workflow_is_an_effect_with_its_input() -> None:
    found = effect(
        "sub_workflow", workflow_id="w2", input={"who": "{{ contact.id }}", "n": "{{ contact.score }}"}
    )
    assert found.content == {
        "workflow_id": "w2", "input": {"who": "c1", "n": 95}, "wait_for_result": True, "depth": 1,
    }  # fmt: skip


MINIMAL: dict[str, dict[str, Any]] = {
    "send_email": {"template_id": "x"}, "send_sms": {"message": "x"}, "send_whatsapp": {"message": "x"},
    "notify_team": {"message": "x"}, "add_tags": {"tags": ["x"]}, "remove_tags": {"tags": ["x"]},
    "update_lead": {"fields": {"a": 1}}, "update_contact": {"fields": {"a": 1}}, "update_lead_status": {"status": "x"},
    "change_stage": {"stage": "x"}, "update_lead_score": {"value": 1}, "assign_lead": {"user_id": "x"},
    "create_task": {"title": "x"}, "add_note": {"text": "x"}, "log_activity": {"activity_type": "x"},
    "create_opportunity": {"name": "x"}, "update_opportunity": {"fields": {"a": 1}},
    "add_to_campaign": {"campaign_id": "x"}, "remove_from_campaign": {"campaign_id": "x"},
    "add_to_sequence": {"sequence_id": "x"}, "remove_from_sequence": {"sequence_id": "x"},
    "track_event": {"name": "x"}, "ai_generate": {"prompt": "x"}, "http_request": {"url": "https://example.org"},
    "send_webhook": {"url": "https://example.org"},
}  # fmt: skip
OUTSIDE = [
    kind.name
    for kind in load_catalogue().nodes.values()
    if kind.effect is not Effect.NONE and kind.role is not Role.PAUSE
]


@pytest.mark.parametrize("type_", OUTSIDE)
def test_every_node_that_touches_the_world_only_asks_for_it(type_: str) -> None:
    parameters = MINIMAL.get(type_, {})
    found = effect(type_, **parameters)
    assert found.kind == type_
    assert found.content == parameters

"""The catalogue as a whole: complete, consistent, and strict about parameters."""

import importlib
import pkgutil
from typing import Any

import pytest

import atlas_workflows.nodes.actions
import atlas_workflows.nodes.logic
import atlas_workflows.nodes.triggers
from atlas_workflows.graph.catalogue import Effect, Role
from atlas_workflows.graph.model import Severity
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.nodes.node_type import NodeType, TriggerType

CATALOGUE = load_catalogue()
NODES = [pytest.param(kind, id=kind.name) for kind in CATALOGUE.nodes.values()]
TRIGGERS = [pytest.param(kind, id=kind.name) for kind in CATALOGUE.triggers.values()]
LEAF = {"field": "contact.status", "operator": "equals", "value": "new"}
SECRET = {"$secret": "9b2d0c2e-6f6c-4d60-8a5b-6f3f6c2b1c11"}

CANONICAL_NODES = [
    "condition",
    "switch",
    "filter",
    "wait",
    "loop",
    "parallel",
    "merge",
    "split",
    "transform",
    "set_variable",
    "sub_workflow",
    "goal",
    "end",
    "note",
    "unknown",
    "send_email",
    "send_sms",
    "send_whatsapp",
    "notify_team",
    "make_call",
    "add_tags",
    "remove_tags",
    "update_lead",
    "update_contact",
    "update_lead_status",
    "change_stage",
    "update_lead_score",
    "assign_lead",
    "create_task",
    "add_note",
    "log_activity",
    "create_opportunity",
    "update_opportunity",
    "book_appointment",
    "cancel_appointment",
    "check_in",
    "add_to_campaign",
    "remove_from_campaign",
    "add_to_sequence",
    "remove_from_sequence",
    "track_event",
    "ai_analyze",
    "ai_generate",
    "ai_score_lead",
    "enrich_lead",
    "http_request",
    "send_webhook",
    "google_sheets",
    "calculate_value",
    "format_text",
    "validate_data",
]
CANONICAL_TRIGGERS = [
    "lead_created",
    "lead_updated",
    "lead_stage_changed",
    "lead_converted",
    "lead_score_threshold",
    "lead_score_changed",
    "lead_became_hot",
    "lead_became_cold",
    "client_created",
    "membership_expiring",
    "email_event",
    "message_received",
    "message_sent",
    "form_submitted",
    "survey_submitted",
    "appointment_booked",
    "appointment_status_changed",
    "appointment_cancelled",
    "booking_created",
    "booking_cancelled",
    "call_booked",
    "call_status_changed",
    "class_full",
    "class_reminder",
    "first_session",
    "missed_session",
    "waitlist_joined",
    "birthday",
    "custom_date",
    "contact_tagged",
    "contact_changed",
    "note_added",
    "task_reminder",
    "opportunity_created",
    "opportunity_stage_changed",
    "payment_failed",
    "schedule",
    "business_hours",
    "webhook",
    "churn_risk",
    "ai_event",
    "manual",
    "event",
    "unknown",
]

RIGHT: list[tuple[str, dict[str, Any]]] = [
    ("condition", {"condition": LEAF}),
    ("condition", {"condition": {"operator": "not", "conditions": [LEAF]}, "extra": {"old": [1]}}),
    (
        "switch",
        {"value": "{{ contact.plan }}", "cases": [{"port": "gold", "kind": "exact", "value": "Gold"}]},
    ),
    ("switch", {"cases": [{"port": "new", "kind": "condition", "condition": LEAF}], "default_port": "rest"}),
    ("filter", {"condition": LEAF}),
    ("wait", {"wait": {"kind": "until_event", "events": [{"type": "email_event", "filter": LEAF}]}}),
    (
        "wait",
        {
            "wait": {
                "kind": "duration",
                "amount": 1,
                "unit": "days",
                "business_hours_only": {"mon": ["09:00-17:00"]},
                "holidays": "GB-ENG",
                "closures": ["2026-12-24"],
            }
        },
    ),
    (
        "wait",
        {
            "wait": {
                "kind": "anniversary",
                "of": "{{ contact.birthday }}",
                "leap_day": "mar_1",
                "offset": {"amount": -3, "unit": "days"},
            }
        },
    ),
    ("loop", {"kind": "count", "count": "{{ contact.visits }}"}),
    ("merge", {"mode": "quorum", "quorum": 2, "timeout_seconds": 60}),
    ("split", {"branches": [{"port": "a", "weight": 1}, {"port": "b", "weight": 0.5}]}),
    ("send_email", {"template_id": "welcome-offer", "to": SECRET}),
    (
        "send_whatsapp",
        {"session": "template", "template_id": "hello", "template_parameters": ["{{ contact.name }}"]},
    ),
    ("update_lead_score", {"operation": "set", "value": "{{ trigger.score }}"}),
    ("create_task", {"title": "Call", "due_in": {"amount": 1, "unit": "days"}, "skip_unless": LEAF}),
    (
        "http_request",
        {"url": "https://example.org", "headers": {"Authorization": SECRET}, "body": {"n": [1, None]}},
    ),
    (
        "transform",
        {"operations": [{"kind": "calculate", "expression": "contact.visits * 2", "output": "twice"}]},
    ),
]
WRONG: list[tuple[str, dict[str, Any], str, str]] = [
    ("condition", {}, "MISSING_CONDITION_TYPE", "condition"),
    ("condition", {"condition": {"field": "a"}}, "INCOMPLETE_CONDITION", "condition.operator"),
    ("condition", {"condition": {**LEAF, "operator": "resembles"}}, "WRONG_CONDITION", "condition.operator"),
    ("condition", {"condition": LEAF, "colour": 1}, "UNKNOWN_PARAMETER", "colour"),
    ("filter", {}, "INCOMPLETE_CONDITION", "condition"),
    ("switch", {"value": "x", "cases": []}, "MISSING_CASES", "cases"),
    ("switch", {"cases": [{"port": "a", "value": 1}]}, "MISSING_SWITCH_VALUE", "value"),
    ("switch", {"value": "x", "cases": [{"port": "a"}]}, "INCOMPLETE_CASE", "cases[0]"),
    ("switch", {"value": "x", "cases": [{"port": "a", "value": 1}] * 2}, "DUPLICATE_PORT", "cases"),
    ("wait", {}, "MISSING_WAIT_TYPE", "wait"),
    ("wait", {"wait": {}}, "MISSING_WAIT_TYPE", "wait"),
    ("wait", {"wait": {"kind": "nap"}}, "MISSING_WAIT_TYPE", "wait"),
    ("wait", {"wait": {"kind": "duration", "unit": "days"}}, "MISSING_WAIT_DURATION", "wait.amount"),
    ("wait", {"wait": {"kind": "until_condition", "condition": {}}}, "INCOMPLETE_CONDITION", "wait.condition"),
    ("wait", {"wait": {"kind": "until", "at": "{{ contact.birthday }}"}}, "WRONG_PARAMETER", "wait.at"),
    ("wait", {"wait": {"kind": "business_hours"}}, "MISSING_BUSINESS_HOURS", "wait.hours"),
    *[
        ("wait", {"wait": {**wait, "business_hours_only": True}}, "MISSING_BUSINESS_HOURS", "wait.business_hours_only")
        for wait in (
            {"kind": "duration", "amount": 1, "unit": "days"}, {"kind": "until", "at": "2026-03-29"},
            {"kind": "anniversary", "of": "{{ contact.birthday }}"}, {"kind": "time_of_day", "time": "09:00"},
            {"kind": "dynamic", "base": {"amount": 1, "unit": "days"}},
        )
    ],
    ("loop", {}, "MISSING_LOOP_TYPE", "kind"),
    ("loop", {"kind": "count"}, "MISSING_LOOP_COUNT", "count"),
    ("loop", {"kind": "for_each"}, "MISSING_LOOP_ITEMS", "items"),
    ("loop", {"kind": "while"}, "MISSING_LOOP_CONDITION", "condition"),
    ("loop", {"kind": "for_each", "items": "{{ contact.tags }}"}, "WRONG_PATH", "items"),
    ("filter", {"condition": LEAF, "items": "contact.tags[*]"}, "WRONG_PATH", "items"),
    ("transform", {"operations": [{"kind": "aggregate", "source": "a b", "function": "sum", "output": "x"}]}, "WRONG_PATH", "operations[0].source"),
    ("transform", {"operations": [{"kind": "merge", "sources": ["a", "$.b"], "output": "x"}]}, "WRONG_PATH", "operations[0].sources[1]"),
    ("switch", {"value": "x", "cases": [{"port": "a", "kind": "pattern", "pattern": "(?=a)b"}]}, "WRONG_PATTERN", "cases[0].pattern"),
    ("switch", {"value": "x", "cases": [{"port": "a", "kind": "range", "min": 2, "max": 1}]}, "EMPTY_RANGE", "cases[0].min"),
    ("loop", {"kind": "count", "count": 1, "max_iterations": 1001}, "WRONG_PARAMETER", "max_iterations"),
    ("parallel", {"branches": 1}, "INSUFFICIENT_PARALLEL_BRANCHES", "branches"),
    ("merge", {"mode": "quorum"}, "MISSING_QUORUM", "quorum"),
    ("split", {"branches": [{"port": "a", "weight": 0}]}, "SPLIT_WEIGHTS_ZERO", "branches"),
    ("split", {}, "MISSING_SPLIT_BRANCHES", "branches"),
    ("send_email", {"body": "x"}, "MISSING_EMAIL_SUBJECT", "subject"),
    ("send_email", {"subject": "x", "body": "  "}, "MISSING_EMAIL_BODY", "body"),
    ("send_email", {"subject": 1, "body": "x"}, "WRONG_PARAMETER", "subject"),
    ("send_email", {"subject": {"$secret": "no uuid"}, "body": "x"}, "WRONG_PARAMETER", "subject"),
    ("send_sms", {}, "MISSING_SMS_MESSAGE", "message"),
    ("send_whatsapp", {"session": "template"}, "MISSING_WHATSAPP_TEMPLATE", "template_id"),
    ("send_whatsapp", {}, "MISSING_WHATSAPP_MESSAGE", "message"),
    ("add_tags", {"tags": []}, "MISSING_TAG_CONFIG", "tags"),
    ("create_task", {}, "MISSING_TASK_TITLE", "title"),
    ("create_task", {"title": " "}, "MISSING_TASK_TITLE", "title"),
    ("create_task", {"title": "x", "priority": "urgent"}, "WRONG_PARAMETER", "priority"),
    ("send_webhook", {}, "MISSING_WEBHOOK_URL", "url"),
    ("calculate_value", {"expression": "1 +", "output": "x"}, "WRONG_EXPRESSION", "expression"),
    ("transform", {"operations": []}, "MISSING_OPERATIONS", "operations"),
    ("add_note", {"text": "x", "skip_unless": {}}, "INCOMPLETE_CONDITION", "skip_unless.field"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("wait", "field", "remedy"),
    [
        ({"kind": "until", "at": "{{ contact.birthday }}"}, "wait.at", '{"kind": "anniversary"'),
        ({"kind": "until", "at": "soon"}, "wait.at", "Write 2026-03-29T09:00."),
        ({"kind": "duration", "amount": 1, "unit": "days", "business_hours_only": {"mon": ["09:00-17:00"], "outside": "skip"}}, "wait.business_hours_only.outside", "next or previous"),
        ({"kind": "duration", "amount": 1, "unit": "days", "holidays": "Atlantis"}, "wait.holidays", "GB-ENG"),
        ({"kind": "duration", "amount": 121, "unit": "months"}, "wait.amount", "Choose a shorter wait."),
    ],
)  # fmt: skip
def test_what_a_wait_refuses_comes_with_its_remedy(wait: dict[str, Any], field: str, remedy: str) -> None:
    kind = load_catalogue().node("wait", 1)
    assert kind is not None
    (fault,) = kind.faults({"wait": wait})
    assert fault.field == field
    assert remedy in fault.remedy


def test_every_canonical_type_is_there() -> None:
    assert {name for name, _ in CATALOGUE.nodes} >= set(CANONICAL_NODES)
    assert {name for name, _ in CATALOGUE.triggers} >= set(CANONICAL_TRIGGERS)


def test_every_file_exports_the_type_it_is_named_after() -> None:
    packages = (atlas_workflows.nodes.actions, atlas_workflows.nodes.logic, atlas_workflows.nodes.triggers)
    files = [(package, item.name) for package in packages for item in pkgutil.iter_modules(package.__path__)]
    names = [importlib.import_module(f"{package.__name__}.{name}").NODE.name for package, name in files]
    assert names == [name for _, name in files]
    assert len(files) == len(CATALOGUE.nodes) + len(CATALOGUE.triggers)


@pytest.mark.parametrize("kind", [*NODES, *TRIGGERS])
def test_a_type_says_what_it_is_and_takes(kind: NodeType | TriggerType) -> None:
    assert kind.title
    assert kind.documentation.endswith((".", ")"))
    schema = kind.parameters.model_json_schema()
    assert [name for name, field in schema["properties"].items() if not field.get("description")] == []
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize("kind", NODES)
def test_a_node_says_why_doing_it_twice_is_harmless(kind: NodeType) -> None:
    assert kind.idempotency.endswith(".")
    assert kind.ports_in == ("main",) or kind.role is Role.NOTE
    assert kind.effect is Effect.EXTERNAL or kind.role is not Role.SEND


@pytest.mark.parametrize(("name", "parameters"), RIGHT)
def test_right_parameters(name: str, parameters: dict[str, Any]) -> None:
    kind = CATALOGUE.node(name, 1)
    assert kind is not None
    assert list(kind.faults(parameters)) == []


@pytest.mark.parametrize(("name", "parameters", "code", "field"), WRONG)
def test_wrong_parameters(name: str, parameters: dict[str, Any], code: str, field: str) -> None:
    kind = CATALOGUE.node(name, 1)
    assert kind is not None
    assert (code, field) in [(fault.code, fault.field) for fault in kind.faults(parameters)]


@pytest.mark.parametrize(
    ("name", "parameters", "code"),
    [
        ("send_sms", {"message": "x" * 161}, "SMS_TOO_LONG"),
        ("loop", {"kind": "while", "condition": LEAF, "max_iterations": 1000}, "POTENTIAL_INFINITE_LOOP"),
        ("add_note", {"text": "Hi {{ 1 + }}"}, "UNREADABLE_TEMPLATE"),
        ("add_note", {"text": "{{ contact.name }}" + "x" * 1_000_000}, "TEMPLATE_TOO_LARGE"),
        ("unknown", {"legacy_type": "database_query"}, "UNKNOWN_NODE_TYPE"),
    ],
)
def test_what_is_odd_but_allowed_warns(name: str, parameters: dict[str, Any], code: str) -> None:
    kind = CATALOGUE.node(name, 1)
    assert kind is not None
    assert [(fault.code, fault.severity) for fault in kind.faults(parameters)] == [(code, Severity.WARNING)]


@pytest.mark.parametrize(
    ("name", "parameters", "ports"),
    [
        ("condition", {}, ("true", "false")),
        ("loop", {}, ("body", "done")),
        ("parallel", {"branches": 3}, ("branch-0", "branch-1", "branch-2")),
        ("parallel", {"branches": 10**9}, ()),
        ("switch", {"cases": [{"port": "a"}, None, {"port": 3}, {"port": "a"}]}, ("a", "default")),
        ("switch", {"cases": 7, "default_port": "rest"}, ("rest",)),
        ("split", {"branches": [{"port": "a"}, {"port": "b"}]}, ("a", "b")),
        ("merge", {"timeout_seconds": 5}, ("main", "timeout")),
        (
            "wait",
            {"wait": {"kind": "until_event", "timeout": {"amount": 1, "unit": "days"}}},
            ("main", "timeout"),
        ),
        ("wait", {"wait": {"kind": "duration", "timeout": 1}}, ("main",)),
        ("wait", {"wait": None}, ("main",)),
        ("end", {}, ()),
        ("send_email", {}, ("main",)),
    ],
)
def test_ports_follow_from_raw_parameters(
    name: str, parameters: dict[str, Any], ports: tuple[str, ...]
) -> None:
    kind = CATALOGUE.node(name, 1)
    assert kind is not None
    assert kind.ports_out(parameters) == ports


def test_explicit_zero_is_a_threshold() -> None:
    kind = CATALOGUE.trigger("lead_score_threshold", 1)
    assert kind is not None
    assert kind.faults({"threshold": 0, "direction": "crosses"}) == []
    assert kind.faults({"threshold": "80"})[0].code == "WRONG_PARAMETER"


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("update_lead_score", {"value": True}, "value must be a number or a text."),
        ("create_task", {"title": 3}, "title must be a text or an object."),
        ("create_task", {"title": {"x": 1}}, "title must be a text."),
        ("add_tags", {"tags": "vip"}, "tags must be a list."),
        ("loop", {"kind": "count", "count": [1]}, "count must be a whole number or a text."),
        ("create_task", {"title": "x", "priority": "urgent"}, "priority is not right: input should be 'low', 'medium' or 'high'."),
    ],
)  # fmt: skip
def test_faults_speak_of_what_is_expected(name: str, parameters: dict[str, Any], message: str) -> None:
    kind = CATALOGUE.node(name, 1)
    assert kind is not None
    assert [fault.message for fault in kind.faults(parameters)] == [message]


URL_PARAMETERS = sorted(
    (kind.name, name)
    for kind in CATALOGUE.nodes.values()
    for name in kind.parameters.model_fields
    if "url" in name or "link" in name
)
OTHERS = {"message": "x", "method": "POST"}


def url_faults_of(type_: str, name: str, url: object) -> list[tuple[str, str]]:
    kind = CATALOGUE.node(type_, 1)
    assert kind is not None
    fields = kind.parameters.model_fields
    given = {other: value for other, value in OTHERS.items() if other in fields}
    several = "list" in str(fields[name].annotation)
    found = kind.faults({**given, name: [url] if several else url})
    return [(fault.code, fault.field.removesuffix("[0]")) for fault in found]


def test_every_parameter_with_a_url_is_known() -> None:
    assert URL_PARAMETERS == [
        ("http_request", "url"), ("send_sms", "media_urls"), ("send_webhook", "url"), ("send_whatsapp", "media_urls"),
    ]  # fmt: skip


@pytest.mark.parametrize(("type_", "name"), URL_PARAMETERS)
@pytest.mark.parametrize(
    "url",
    ["http://example.org/", "https://10.0.0.1/{{ contact.id }}", "https://2130706433/", "https://localhost./?{{ x }}",
     "https://a@example.org/", "http://{{ variables.host }}/", "ftp:{{ variables.host }}", "nonsense"],
)  # fmt: skip
def test_urls_are_checked_as_they_are_written(type_: str, name: str, url: str) -> None:
    assert url_faults_of(type_, name, url) == [("URL_REFUSED", name)]


@pytest.mark.parametrize(("type_", "name"), URL_PARAMETERS)
def test_a_host_out_of_a_placeholder_is_flagged(type_: str, name: str) -> None:
    for url in ("{{ variables.url }}", "https://{{ variables.host }}/", "https://a.{{ x }}/", "https://a.example{{ path }}", "https://a.example:{{ port }}/"):  # fmt: skip
        assert url_faults_of(type_, name, url) == [("URL_HOST_FROM_TEMPLATE", name)]
    for url in ("https://a.example/{{ x }}", "https://a.example?{{ x }}", {"$secret": "9b2d0c2e-6f6c-4d60-8a5b-6f3f6c2b1c11"}):  # fmt: skip
        assert url_faults_of(type_, name, url) == []

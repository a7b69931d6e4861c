"""Re-enactment, comparison and explanation without a database: known cases, and planted differences that must not hide."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from legacy_rows import action_node, chain, edge, flat_node, logic_node, record, trigger_node
from old_graphs import GRAPHS

from atlas_workflows.exact_json import dumps_text
from atlas_workflows.graph.model import Edge, Node, Workflow
from atlas_workflows.legacy.engine.drawn import read_workflow
from atlas_workflows.legacy.engine.plan import plan
from atlas_workflows.legacy.engine.planned import Start
from atlas_workflows.legacy.engine.semantics import BY_NAME
from atlas_workflows.legacy.records import LegacyWorkflow
from atlas_workflows.legacy.translate import translate, translate_or_raise
from atlas_workflows.migration.shadow.forecast import Outlook, Waking, outlook
from atlas_workflows.migration.shadow.history import Recorded, RecordedStep, recorded
from atlas_workflows.migration.shadow.judge import History, Sides, Verdict, judge
from atlas_workflows.migration.shadow.people import contact_of, without_person
from atlas_workflows.migration.shadow.reenact import Cause
from atlas_workflows.nodes.catalogue import load_catalogue

AT = datetime(2026, 3, 2, 10, tzinfo=UTC)
LEAD = contact_of({"id": "l1", "name": "Ana Kovač", "email": "ana@mail.example", "phone": "+447700900111", "status": "new",
                   "score": 40, "source": "web", "tags": ["a"]})  # fmt: skip
MAIL = action_node(
    "send_email", "m", subject="Hi {{firstName}}", body="Dear {{firstName}} of {{organization.name}}"
)
TAG = action_node("add_tags", "g", tags=["engaged"])


def triggered(
    starter: str = "lead_created", steps: tuple[RecordedStep, ...] | None = None, **more: Any
) -> Recorded:
    return Recorded("x1", "completed", AT, starter, {"leadId": "l1", "source": "web"}, {}, steps, **more)


def sides_of(
    legacy: LegacyWorkflow, change: Callable[[Workflow], Workflow] = lambda workflow: workflow
) -> Sides:
    translation = translate_or_raise(legacy, None, load_catalogue())
    assert translation.workflow is not None
    entries = [
        {"code": str(found.code), "field": found.field}
        for found in (*translation.reasons, *translation.changes)
    ]
    return Sides(read_workflow(legacy), change(translation.workflow), tuple(entries), {"name": "Harbour"})


def judged(
    legacy: LegacyWorkflow,
    *records: Recorded,
    change: Callable[[Workflow], Workflow] = lambda workflow: workflow,
) -> Verdict:
    sides = sides_of(legacy, change)
    history = History(sides.old, sides.engines)
    for each in records or (triggered(),):
        history.take(each)
    return judge(sides, history, {"l1": LEAD})


def differences(verdict: Verdict) -> list[tuple[str, str | None, tuple[str, ...]]]:
    return [(str(each.change), each.node, each.codes) for each in verdict.differences]


def done(*names: str) -> tuple[RecordedStep, ...]:
    return tuple(RecordedStep(name, name, "completed") for name in names)


def forked(condition: dict[str, Any], trigger_type: str = "lead_created") -> LegacyWorkflow:
    nodes = [
        trigger_node(),
        condition,
        action_node("add_tag", "yes", tag="y"),
        action_node("add_tag", "no", tag="n"),
    ]
    edges = [
        edge("t", condition["id"]),
        edge(condition["id"], "yes", "true"),
        edge(condition["id"], "no", "false"),
    ]
    return record(nodes=nodes, edges=edges, trigger_type=trigger_type)


SCORED = {"field": "score", "operator": "equals", "value": 40}
QUEUED_TWICE = record(
    nodes=[trigger_node(), TAG],
    edges=[edge("t", "g", id="1", condition=SCORED), edge("t", "g", id="2", condition=SCORED)],
    trigger_type="lead_created",
)
AS_TEXT = {**TAG, "data": {**TAG["data"], "config": dumps_text(TAG["data"]["config"])}}
ASKS = logic_node("condition", "c", field="lead.status", operator="equals", value="new")
CASES: list[tuple[str, LegacyWorkflow, set[tuple[str, str | None, tuple[str, ...]]]]] = [
    ("the same", chain(MAIL, TAG, trigger_type="lead_created"), set()),
    ("a wait", chain(logic_node("wait", "w", duration=2, unit="days"), TAG, trigger_type="lead_created"), {("WAIT", "w", ("WAIT_CAP_REMOVED",))}),
    ("a short wait", chain(logic_node("wait", "w", duration=2, unit="minutes"), TAG, trigger_type="lead_created"), set()),
    ("a condition", forked(ASKS), set()),
    (
        "both branches",
        forked(flat_node("New?", "c", "condition", field="lead.status", operator="equals", value="new")),
        {("EFFECT_DROPPED", "no", ("BOTH_BRANCHES_EXECUTED",))},
    ),
    (
        "a wait that does not end",
        chain(
            logic_node("wait", "w", waitType="until_condition", condition={"field": "lead.status", "operator": "equals", "value": "won"}),
            TAG, trigger_type="lead_created",
        ),
        {("WAIT", "w", ("WAIT_CAP_REMOVED",)), ("EFFECT_DROPPED", "g", ("WAIT_CAP_REMOVED",))},
    ),
    (
        "a label nobody knew",
        chain(flat_node("Text them", "s", actionless=True, channel="sms", message="hi"), TAG, trigger_type="lead_created"),
        set(),
    ),
    ("a required variable without a value", chain(TAG, trigger_type="lead_created", variables=[{"name": "offer", "required": "yes"}]), {
        ("EFFECT_DROPPED", "g", ("VARIABLE_NOW_REQUIRED",)), ("OUTCOME", None, ("VARIABLE_NOW_REQUIRED",)),
    }),
    ("conditions on edges", QUEUED_TWICE, {("EFFECT_ADDED", "g", ("EXECUTED_PER_WAY",))}),
    ("settings as text", chain(AS_TEXT, trigger_type="lead_created"), {("EFFECT_ADDED", "g", ("SETTINGS_WERE_TEXT",))}),
    (
        "the second generation behind a webhook",
        forked(ASKS, trigger_type="webhook"), {("EFFECT_DROPPED", "no", ("BOTH_BRANCHES_EXECUTED",))},
    ),
    ("a filter", chain(logic_node("filter", "f", field="lead.status", operator="equals", value="won"), TAG, trigger_type="lead_created"), {
        ("EFFECT_DROPPED", "g", ("FILTER_WAS_PASSED",)),
    }),
    (
        "a placeholder nobody fills in",
        chain(action_node("send_sms", "s", message="Hi {{coach_name}}"), trigger_type="lead_created"),
        {("CONTENT", "s", ("TEMPLATE_VARIABLE_UNKNOWN", "PLACEHOLDER_LEFT_EMPTY"))},
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("legacy", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_differences_name_the_recorded_change_that_explains_them(
    legacy: LegacyWorkflow, expected: set[tuple[str, str | None, tuple[str, ...]]]
) -> None:
    verdict = judged(legacy)
    found = differences(verdict)
    assert {(change, node) for change, node, _ in found} == {(change, node) for change, node, _ in expected}
    assert all(set(codes) & {code for _, _, told in expected for code in told} for _, _, codes in found)
    assert (verdict.same, verdict.explained, verdict.unexplained) == ((0, 1, 0) if expected else (1, 0, 0))


def without_node(name: str) -> Callable[[Workflow], Workflow]:
    def change(workflow: Workflow) -> Workflow:
        nodes = tuple(node for node in workflow.nodes if node.id != name)
        edges = tuple(each for each in workflow.edges if name not in (each.source, each.target))
        return replace(workflow, nodes=nodes, edges=edges)

    return change


def with_parameters(name: str, **parameters: Any) -> Callable[[Workflow], Workflow]:
    def change(workflow: Workflow) -> Workflow:
        def changed(node: Node) -> Node:
            return replace(node, parameters={**node.parameters, **parameters}) if node.id == name else node

        return replace(workflow, nodes=tuple(map(changed, workflow.nodes)))

    return change


def with_ports_exchanged(workflow: Workflow) -> Workflow:
    other = {"true": "false", "false": "true"}

    def changed(each: Edge) -> Edge:
        return replace(each, source_port=other.get(each.source_port, each.source_port))

    return replace(workflow, edges=tuple(map(changed, workflow.edges)))


def without_wait(workflow: Workflow) -> Workflow:
    edges = tuple(
        replace(each, target="g") if each.target == "w" else each
        for each in workflow.edges
        if each.source != "w"
    )
    return replace(workflow, nodes=tuple(node for node in workflow.nodes if node.id != "w"), edges=edges)


def with_another_wait(workflow: Workflow) -> Workflow:
    wait = next(node for node in workflow.nodes if node.id == "w")
    leaving = next(each for each in workflow.edges if each.source == "w")
    edges = [replace(each, target="w2") if each is leaving else each for each in workflow.edges]
    return replace(
        workflow,
        nodes=(*workflow.nodes, replace(wait, id="w2")),
        edges=(*edges, replace(leaving, id="e-w2", source="w2")),
    )


SHORT = chain(MAIL, logic_node("wait", "w", duration=2, unit="minutes"), TAG, trigger_type="lead_created")
LONG = chain(MAIL, logic_node("wait", "w", duration=2, unit="days"), TAG, trigger_type="lead_created")
BOTH = forked(flat_node("New?", "c", "condition", field="lead.status", operator="equals", value="new"))
QUEUED = record(
    nodes=[trigger_node(), MAIL, TAG],
    edges=[edge("t", "m"), edge("m", "g", condition=SCORED)],
    trigger_type="lead_created",
)
REQUIRED = chain(
    TAG, trigger_type="lead_created", variables=[{"name": "offer", "required": True, "value": "x"}]
)
RETRIED = chain(MAIL, TAG, trigger_type="lead_created", settings={"errorHandling": "retry"})
CONDITIONAL = chain(
    MAIL,
    action_node(
        "add_tags", "g", tags=["z"], conditions=[{"field": "lead.score", "operator": "equals", "value": 40}]
    ),
    trigger_type="lead_created",
)
TEXT_FILTER = chain(
    MAIL, TAG, trigger_type="lead_created", trigger_config=dumps_text(dumps_text({"source": "web"}))
)
PLANTED: list[tuple[str, LegacyWorkflow, Callable[[Workflow], Workflow], tuple[str, str | None]]] = [
    ("a step is gone", LONG, without_node("g"), ("EFFECT_DROPPED", "g")),
    ("another recipient", LONG, with_parameters("m", to="boss@gym.example"), ("RECIPIENT", "m")),
    ("another subject", LONG, with_parameters("m", subject="Bye {{contact.first_name}}"), ("CONTENT", "m")),
    ("another tag", LONG, with_parameters("g", tags=["engaged", "vip"]), ("CONTENT", "g")),
    ("exchanged branches", forked(ASKS), with_ports_exchanged, ("EFFECT_DROPPED", "yes")),
    ("a step behind both branches is gone", BOTH, without_node("no"), ("EFFECT_DROPPED", "no")),
    ("another text behind both branches", BOTH, with_parameters("yes", tags=["z"]), ("CONTENT", "yes")),
    ("a wait is gone", SHORT, without_wait, ("WAIT", "w")),
    ("a wait is added", LONG, with_another_wait, ("WAIT", "w2")),
    ("another text than the one filled in", QUEUED, with_parameters("m", subject="Bye {{contact.first_name}}"), ("CONTENT", "m")),
    ("another text where a required variable has a value", REQUIRED, with_parameters("g", tags=["z"]), ("CONTENT", "g")),
    ("a step is gone though failures are tried again", RETRIED, without_node("m"), ("EFFECT_DROPPED", "m")),
    ("a step is gone that had a condition", CONDITIONAL, without_node("g"), ("EFFECT_DROPPED", "g")),
    ("a step is gone beside a filter of events as text", TEXT_FILTER, without_node("m"), ("EFFECT_DROPPED", "m")),
    ("nothing starts it", LONG, lambda workflow: replace(workflow, triggers=()), ("START", None)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("legacy", "change", "found"), [case[1:] for case in PLANTED], ids=[case[0] for case in PLANTED]
)
def test_a_planted_difference_stays_unexplained(
    legacy: LegacyWorkflow, change: Callable[[Workflow], Workflow], found: tuple[str, str | None]
) -> None:
    verdict = judged(legacy, change=change)
    assert verdict.unexplained == 1
    assert (*found, ()) in differences(verdict)


def test_where_nothing_was_recorded_a_made_up_person_stands_in() -> None:
    sides = sides_of(LONG, without_node("g"))
    verdict = judge(sides, History(sides.old, sides.engines), {})
    assert (verdict.is_made_up, verdict.triggers, verdict.unexplained, verdict.messages_before) == (
        True,
        1,
        1,
        0,
    )


REENACTED: list[tuple[str, LegacyWorkflow, Recorded, Cause | None]] = [
    ("as recorded", LONG, triggered(steps=done("t", "m", "w", "g")), None),
    ("without its trigger", LONG, triggered(steps=done("m", "w", "g")), None),
    ("no steps kept", LONG, triggered(), Cause.NO_STEPS),
    ("a step is missing", LONG, triggered(steps=done("t", "m", "g")), Cause.STEPS_MISSING),
    ("another order", LONG, triggered(steps=done("t", "g", "m", "w")), Cause.OTHER_ORDER),
    ("a node of another day", LONG, triggered(steps=done("t", "old")), Cause.GRAPH_CHANGED),
    ("more than it reaches", forked(ASKS), triggered(steps=done("t", "c", "yes", "no")), Cause.STEPS_BEYOND),
    ("never finished", LONG, triggered(steps=(RecordedStep("m", "m", "unfinished"),)), Cause.UNFINISHED),
    ("skipped", LONG, triggered(steps=(*done("m", "w"), RecordedStep("g", "g", "skipped"))), Cause.STEP_STATUS),
    ("judged wrongly", LONG, replace(triggered(steps=done("m", "w", "g")), status="failed"), Cause.OUTCOME_DIFFERS),
    ("cancelled on the way", LONG, replace(triggered(steps=done("m", "w")), status="cancelled"), None),
    ("failed and stopped", LONG, replace(triggered(steps=(RecordedStep("m", "m", "failed", "550"),)), status="failed"), None),
    (
        "failed and went on", LONG,
        replace(triggered(steps=(RecordedStep("m", "m", "failed", "550"), *done("w"))), status="failed"), Cause.WENT_ON,
    ),
    (
        "stopped though it goes on", chain(MAIL, TAG, settings={"errorHandling": "continue"}),
        replace(triggered(steps=(RecordedStep("m", "m", "failed", "550"),)), status="failed"), Cause.STOPPED_EARLY,
    ),
    (
        "no trigger node", record(nodes=[TAG], edges=[]),
        replace(triggered(steps=()), status="failed"), None,
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("legacy", "told", "cause"), [case[1:] for case in REENACTED], ids=[case[0] for case in REENACTED]
)
def test_recorded_steps_are_reenacted(legacy: LegacyWorkflow, told: Recorded, cause: Cause | None) -> None:
    verdict = judged(legacy, told)
    assert list(verdict.causes) == ([] if cause is None else [str(cause)])
    assert verdict.reproduced == (cause is None)


@pytest.mark.parametrize("side", ["yes", "no"])
def test_a_condition_whose_data_nobody_kept_is_taken_from_the_record_and_counted(side: str) -> None:
    verdict = judged(forked(ASKS), triggered(steps=done("t", "c", side)))
    assert (verdict.reproduced, verdict.assumed) == (1, 1)
    known = replace(triggered(steps=done("t", "c", side)), lead={"status": "new"})
    told = judged(forked(ASKS), known)
    assert (told.reproduced, told.assumed) == ((1, 0) if side == "yes" else (0, 0))


@pytest.mark.parametrize("has_trigger", [True, False])
def test_steps_of_linear_workflows_are_found_by_label_and_place(has_trigger: bool) -> None:
    actions = [
        {"id": "action_0", "type": "add_tag", "name": "Tag", "config": {"tag": "a"}},
        {"id": "action_1", "type": "add_tag", "name": "Tag", "config": {"tag": "b"}},
        {"id": "action_2", "type": "add_note", "name": "Note", "config": {"note": "x"}},
    ]
    labels = ["Trigger", "Tag", "Tag", "Note"] if has_trigger else ["Tag", "Tag", "Note"]
    steps = tuple(RecordedStep(f"action_{at}", label, "completed") for at, label in enumerate(labels))
    legacy = record("D", trigger_type="lead_created", actions=actions, settings={})
    sides = sides_of(legacy)
    history = History(sides.old, sides.engines)
    history.take(triggered(steps=steps))
    assert history.reproduced["service"] == 1, history.causes


def test_history_chooses_the_engine() -> None:
    ask = logic_node("condition", "c", field="lead.score", operator="equals", value="40")
    told = replace(triggered(steps=done("t", "c", "no")), lead={"score": 40})
    verdict = judged(forked(ask), told)
    assert (verdict.engine, verdict.standing, verdict.reproduced) == ("strict", ("strict",), 1)


def test_records_of_every_shape_come_into_one_form() -> None:
    rows: list[tuple[Mapping[str, Any], RecordedStep]] = [
        ({"nodeId": "n", "nodeLabel": "L", "status": "success"}, RecordedStep("n", "L", "completed")),
        ({"step_id": "action_0", "step_name": "L", "status": "error", "error": "e"}, RecordedStep("action_0", "L", "failed", "e")),
        ({"action": "send_sms", "success": True}, RecordedStep("", "send_sms", "completed")),
        ({"nodeId": "n", "status": "paused"}, RecordedStep("n", "", "unfinished")),
    ]  # fmt: skip
    for row, expected in rows:
        found = recorded("x", "completed", AT, None, '{"contact_id": 7}', None, None, dumps_text([row]))
        assert (found.steps, found.subject) == ((expected,), "7")
    broken = recorded("x", None, AT, " Manual ", "[", "3", None, "{")
    assert (broken.status, broken.starter, broken.event, broken.steps) == ("unfinished", "manual", {}, ())


def test_nothing_of_the_person_is_shown() -> None:
    event = {"lead": {"city": "Łódź"}, "note": "call me", "source": "web"}
    text = "Dear Ana Kovač, ana@mail.example, +447700900111 of Łódź: call me (web)"
    shown = without_person(text, LEAD, event)
    assert shown == "Dear ‹name›, ‹email›, ‹phone› of ‹city›: ‹note› (web)"
    listed = {"guests": [{"email": "bo@mail.example"}, "Cy Smith"]}
    assert without_person("bo@mail.example, Cy Smith", {}, listed) == "‹email›, ‹guests›"
    assert without_person(None, LEAD, event) == ""


@pytest.mark.parametrize(
    "number", ["nan", "Infinity", 10**400, "9" * 5000], ids=["nan", "infinity", "integer", "text"]
)
def test_numbers_that_nobody_can_count_with_are_judged_too(number: Any) -> None:
    nodes = (
        logic_node("loop", "l", iterations=number, maxIterations=number),
        logic_node("wait", "w", duration=number, unit="minutes"),
        action_node("add_note", "n", note=f"{{{{{'9' * 5000}}}}} {{{{tags.{'9' * 5000}}}}}"),
    )
    workflow = read_workflow(chain(*nodes, trigger_type="lead_created"))
    start = Start("x", AT, {}, LEAD)
    for engine in BY_NAME.values():
        assert {step.node for step in plan(workflow, start, engine).steps} >= {"l"}


class Row:
    organization_id, is_live, executions, triggers, is_made_up = "o", True, 900, 10, False
    subjects, messages_before, messages_after = 300, 10, 30


def test_the_forecast_scales_what_was_played_and_adds_what_wakes_up() -> None:
    [found] = outlook([Row()], {"o": Waking("o", 2, Decimal("1.5"), Decimal(4), 1)})
    assert found == Outlook(
        "o",
        Decimal("10.00"),
        Decimal("30.00"),
        (Decimal("1.50"), Decimal("4.00")),
        2,
        1,
        (Decimal("3.00"), Decimal("9.00")),
    )
    assert found.sentence.startswith(
        "10.00 messages a day before, 30.00 after; 2 triggers that never fired would add 1.50 to 4.00"
    )


STEPS = st.sampled_from(
    [
        ("send_email", {"subject": "Hi {{firstName}}", "body": "Dear {{lead.name}}, {{organization.name}}"}),
        ("send_sms", {"message": "Hi [first_name]", "to": "{{phone}}"}),
        ("add_tag", {"tag": "vip"}),
        ("remove_tags", {"tags": ["a", "b"]}),
        ("update_lead_status", {"status": "contacted"}),
        ("create_task", {"title": "Call {{firstName}}", "priority": "high"}),
        ("add_note", {"note": "{{trigger.source}}"}),
        ("update_lead", {"fields": {"stage": "won"}}),
        ("send_webhook", {"url": "https://hooks.example/in"}),
        ("assign_lead", {"userId": "u1"}),
        ("wait", {"duration": 3, "unit": "minutes"}),
        ("wait", {"duration": 3, "unit": "weeks"}),
    ]
)


@given(st.lists(STEPS, min_size=1, max_size=6), st.sampled_from(["lead_created", None]))
@settings(max_examples=60)
def test_ordinary_workflows_differ_only_as_recorded(
    steps: list[tuple[str, dict[str, Any]]], column: str | None
) -> None:
    nodes = [
        logic_node("wait", f"n{at}", **config) if kind == "wait" else action_node(kind, f"n{at}", **config)
        for at, (kind, config) in enumerate(steps)
    ]
    verdict = judged(chain(*nodes, trigger_type=column), triggered("manual"))
    assert verdict.unexplained == 0, verdict.differences


@given(GRAPHS, st.sampled_from(["lead_created", "webhook", None]))
@settings(max_examples=80)
def test_any_old_graph_is_judged(graph: tuple[Any, Any, str], column: str | None) -> None:
    nodes, edges, _ = graph
    legacy = record(nodes=[trigger_node(), *nodes], edges=edges, trigger_type=column)
    definition = translate(legacy).workflow
    if definition is None:
        return
    sides = Sides(read_workflow(legacy), definition, (), {"name": "Harbour"})
    history = History(sides.old, sides.engines)
    history.take(triggered("manual", steps=done("t", "a", "b")))
    verdict = judge(sides, history, {"l1": LEAD})
    assert verdict.same + verdict.explained + verdict.unexplained == verdict.triggers == 1
    assert all(each.times > 0 for each in verdict.differences)

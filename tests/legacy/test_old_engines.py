"""The old engines' plans: cases from the facts with the effects they must have, and properties over arbitrary old graphs."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from legacy_rows import action_node, chain, edge, flat_node, logic_node, record, trigger_node
from old_graphs import GRAPHS, VALUES

from atlas_workflows.legacy.engine.course import NO_TRIGGER, TOO_MANY
from atlas_workflows.legacy.engine.drawn import OldWorkflow, read_workflow
from atlas_workflows.legacy.engine.plan import plan
from atlas_workflows.legacy.engine.planned import Plan, Start
from atlas_workflows.legacy.engine.semantics import BY_NAME, CAP_SECONDS, MAX_STEPS, plausible_engines
from atlas_workflows.legacy.records import LegacyWorkflow

AT = datetime(2026, 3, 2, 10, tzinfo=UTC)  # a Monday
LEAD = {"id": "l1", "name": "Ana Kovač", "first_name": "Ana", "email": "ana@mail.example", "phone": "+44", "status": "new",
        "score": 40, "source": "web", "tags": ["a"]}  # fmt: skip


def played(legacy: LegacyWorkflow, engine: str = "strict", **start: Any) -> Plan:
    begun = {
        "event": {"leadId": "l1", "source": "web"},
        "contact": LEAD,
        "organization": {"name": "Harbour"},
    } | start
    return plan(read_workflow(legacy), Start("e1", AT, **begun), BY_NAME[engine])


def effects(seen: Plan) -> list[tuple[str, dict[str, Any]]]:
    return [(effect.kind, dict(effect.content)) for effect in seen.effects]


def first_content(*nodes: dict[str, Any], engine: str = "strict", **columns: Any) -> dict[str, Any]:
    return dict(played(chain(*nodes, **columns), engine).effects[0].content)


def forked(condition: dict[str, Any], *more: dict[str, Any]) -> LegacyWorkflow:
    """A condition with a tag on each side."""
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
    return record(nodes=[*nodes, *more], edges=edges)


def asks(operator: str, value: Any, field: str = "lead.status") -> dict[str, Any]:
    return logic_node("condition", "c", field=field, operator=operator, value=value)


FLAT = flat_node("Is new?", "c", "condition", field="lead.status", operator="equals", value="new")


@pytest.mark.parametrize("engine", ["label", "strict", "queue", "formula"])
def test_the_label_engine_runs_both_branches_and_no_other_does(engine: str) -> None:
    found = [effect.node for effect in played(forked(asks("equals", "new")), engine).effects]
    assert found == (["yes", "no"] if engine == "label" else ["yes"])


def test_a_condition_of_the_first_generation_runs_both_branches_whoever_executes_the_rest() -> None:
    assert [effect.node for effect in played(forked(FLAT), "queue").effects] == ["yes", "no"]


def test_branch_in_data_counts_where_there_is_no_handle() -> None:
    nodes = [
        trigger_node(),
        asks("equals", "won"),
        action_node("add_tag", "yes"),
        action_node("add_tag", "no", tag="n"),
    ]
    edges = [
        edge("t", "c"),
        edge("c", "yes", None, data={"branch": "true"}),
        edge("c", "no", None, data={"branch": "false"}),
    ]
    assert [effect.node for effect in played(record(nodes=nodes, edges=edges)).effects] == ["no"]


@pytest.mark.parametrize(
    ("config", "seconds"),
    [
        ({"duration": 2, "unit": "days"}, CAP_SECONDS),
        ({"duration": 2, "unit": "minutes"}, 120),
        ({"duration": "2", "unit": "minutes"}, 120),
        ({"duration": {"value": 3, "unit": "minutes"}}, 180),
        ({"durationValue": 1, "durationUnit": "minutes"}, 60),
        ({"delay_minutes": 4}, 240),
        ({"duration": 30, "unit": "fortnights"}, 30),  # an unknown unit meant seconds
        ({"duration": -5, "unit": "minutes"}, 0),
        ({"delay": {"type": "fixed", "value": 1, "unit": "hours"}}, CAP_SECONDS),
        ({"waitType": "until_datetime", "datetime": "2026-03-02T10:01:00Z"}, 60),
        ({"waitType": "until_datetime", "datetime": "2025-01-01"}, 0),
        ({"waitType": "until_datetime", "datetime": "soon"}, 0),
        ({"type": "specific_time", "specificTime": {"time": "10:02"}}, 120),
        ({"duration": 1, "unit": "minutes", "businessHoursOnly": True}, 60),
        ({"duration": 9, "unit": "hours", "businessHoursOnly": True}, CAP_SECONDS),
        ({"baseDelay": {"value": 1, "unit": "minutes"}, "conditions": [
            {"condition": {"field": "lead.score", "operator": "gt", "value": 30},
             "delayModifier": {"operation": "multiply", "value": 2}}]}, 120),
        ({}, 0),
    ],
)  # fmt: skip
def test_waits_pass_as_the_engines_counted_and_never_longer_than_five_minutes(
    config: dict[str, Any], seconds: float
) -> None:
    seen = played(chain(logic_node("wait", "w", **config), action_node("add_tag", tag="x")))
    assert [wait.seconds for wait in seen.waits] == [seconds]
    assert (seen.effects[0].at - AT).total_seconds() == seconds


@pytest.mark.parametrize(
    ("text", "engine", "said"),
    [
        ("Hi {{firstName}}", "strict", "Hi Ana"),
        ("Hi {{ first_name }}", "formula", "Hi Ana"),
        ("Hi {{lead.name}} of {{organization.name}}", "strict", "Hi Ana Kovač of Harbour"),
        ("Hi {{contact.firstName}}, {{trigger.source}}", "strict", "Hi Ana, web"),
        ("Hi {{nickname}}", "strict", "Hi {{nickname}}"),  # stays verbatim
        ("Hi {{firstName}}", "queue", "Hi {{firstName}}"),  # only a whole reference is resolved
        ("{{firstName}}", "queue", "Ana"),
        ("Hi {firstName}", "strict", "Hi Ana"),
        ("{color: red}", "strict", "{color: red}"),
        ("Hi [first_name] from [organization_name]", "strict", "Hi Ana from Harbour"),
        ("{{currentDate}}", "strict", "3/2/2026"),
    ],
)  # fmt: skip
def test_texts_are_filled_in_as_the_engine_did(text: str, engine: str, said: str) -> None:
    assert first_content(action_node("send_sms", message=text), engine=engine)["message"] == said


def test_square_brackets_are_of_sms_alone_and_positions_of_whatsapp() -> None:
    assert first_content(action_node("send_email", body="[first_name]"))["body"] == "[first_name]"
    config = {"message": "{{1}}, {{2}}, {{3}}", "templateParameters": ["{{firstName}}", "x"]}
    assert first_content(action_node("send_whatsapp", **config))["message"] == "Ana, x, {{3}}"


def test_the_lead_is_spread_over_variables_of_the_same_name() -> None:
    node = action_node("add_note", note="{{email}} {{offer}} {{gym_name}}")
    said = first_content(node, variables={"email": "office@gym.example", "offer": "free", "gym_name": "Ours"})
    assert said == {"text": "ana@mail.example free Ours"}


def test_a_missing_name_was_there_and_a_missing_source_unknown() -> None:
    seen = played(chain(action_node("add_note", note="{{firstName}} {{lead.source}}")), contact={}, event={})
    assert effects(seen) == [("add_note", {"text": "there unknown"})]


@pytest.mark.parametrize(
    ("operator", "value", "field", "answers"),
    [
        ("contains", "NE", "lead.status", {"label": "yes", "strict": "no", "queue": "no", "service": "no"}),
        ("equals", "40", "lead.score", {"label": "yes", "strict": "no", "queue": "yes", "formula": "yes"}),
        (
            "not_equals",
            "x",
            "lead.city",
            {"service": "no", "strict": "yes", "queue": "yes", "formula": "yes"},
        ),
        ("equals", "a/b", "trigger.path", {"formula": "no", "strict": "yes", "queue": "yes"}),
        ("equals", "=1", "trigger.sum", {"formula": "no", "strict": "yes"}),
    ],
)
def test_engines_answer_differently(operator: str, value: Any, field: str, answers: dict[str, str]) -> None:
    for engine, expected in answers.items():
        seen = played(forked(asks(operator, value, field)), engine, event={"path": "a/b", "sum": "=1"})
        assert ("yes" if seen.branches[0].answer == "true" else "no") == expected, engine


@pytest.mark.parametrize(
    ("raw", "holds"),
    [
        ({"conditions": [{"field": "score", "operator": "gt", "value": 50}, {"field": "status", "operator": "eq", "value": "new"}], "logic": "OR"}, True),
        ({"conditions": [{"field": "score", "operator": "gt", "value": 50}, {"field": "status", "operator": "eq", "value": "new"}], "operator": "AND"}, False),
        ({"conditions": [{"field": "status", "operator": "eq", "value": "new"}], "logicOperator": "NOT"}, False),
        ({"conditionType": "lead_score", "operator": "greater_than_or_equal", "value": 40}, True),
        ({"conditionType": "tags", "operator": "has_any", "tags": ["a", "z"]}, True),
        ({"field": "lead.score", "operator": "between", "minValue": 30, "maxValue": 50}, True),
        ({"field": "lead.status", "operator": "in", "value": "new, old"}, True),
        ({"field": "lead.tags", "operator": "has_tag", "value": "a"}, True),
        ({"field": "lead.status", "operator": "no_such", "value": 1}, False),
    ],
)  # fmt: skip
def test_every_form_of_a_condition_is_answered(raw: dict[str, Any], holds: bool) -> None:
    assert played(forked(logic_node("condition", "c", **raw))).branches[0].answer == str(holds).lower()


def test_what_the_data_does_not_hold_is_said_and_may_be_told() -> None:
    legacy = forked(asks("equals", "x", "lead.city"))
    assert played(legacy).branches[0].open == ("lead.city",)
    told = played(legacy, told={"c": True})
    assert (told.branches[0].answer, told.branches[0].is_told) == ("true", True)
    assert played(forked(asks("equals", "new")), told={"c": False}).branches[0].answer == "true"


def test_labels_that_no_engine_knew_are_passed_and_what_follows_is_executed() -> None:
    seen = played(chain(flat_node("Greet", "g", message="hi"), flat_node("Send SMS", "s", message="hi")))
    assert [(step.node, step.status) for step in seen.steps] == [
        ("t", "completed"),
        ("g", "passed"),
        ("s", "completed"),
    ]
    assert effects(seen) == [("send_sms", {"message": "hi"})]


def test_a_trigger_does_nothing_whatever_it_is_called() -> None:
    nodes = [trigger_node("webhook", url="https://hooks.example"), action_node("add_tag", tag="x")]
    seen = played(record(nodes=nodes, edges=[edge("t", "a")]), "label")
    assert [effect.node for effect in seen.effects] == ["a"]


def test_unknown_action_types_are_passed() -> None:
    seen = played(chain(action_node("teleport", "x"), action_node("add_tag", "a", tag="z")))
    assert [effect.kind for effect in seen.effects] == ["add_tags"]


def test_a_switch_for_disabled_steps_was_read_by_no_engine() -> None:
    node = action_node("add_tag", tag="z")
    node["data"]["disabled"] = True
    assert effects(played(chain(node))) == [("add_tags", {"tags": ["z"]})]


def test_without_a_trigger_node_every_execution_failed() -> None:
    seen = played(record(nodes=[action_node("add_tag", tag="z")], edges=[]))
    assert (seen.outcome, seen.reason, seen.effects) == ("failed", NO_TRIGGER, [])


@pytest.mark.parametrize(("mode", "reached"), [("continue", ["b"]), ("stop", []), (None, []), ("retry", [])])
def test_a_failure_goes_on_only_where_the_settings_say_so(mode: str | None, reached: list[str]) -> None:
    stored = {} if mode is None else {"errorHandling": mode}
    legacy = chain(
        action_node("add_tag", "a", tag="x"), action_node("add_tag", "b", tag="y"), settings=stored
    )
    seen = played(legacy, failures={"a": "SMTP 550"})
    assert [effect.node for effect in seen.effects] == reached
    assert seen.outcome == ("completed" if reached else "failed")


def test_a_loop_runs_its_body_once_and_in_one_engine_at_every_turn() -> None:
    nodes = [trigger_node(), logic_node("loop", "l", iterations=3), action_node("add_tag", "a", tag="x")]
    legacy = record(nodes=nodes, edges=[edge("t", "l"), edge("l", "a", "loop")])
    assert len(played(legacy, "strict").effects) == 1
    keys = [effect.key for effect in played(legacy, "formula").effects]
    assert keys == ["e1/a", "e1/a#2", "e1/a#3"]


def test_a_cycle_ends_at_what_was_visited_and_overflows_in_one_engine() -> None:
    nodes = [trigger_node(), action_node("add_tag", "a", tag="x"), action_node("add_tag", "b", tag="y")]
    legacy = record(nodes=nodes, edges=[edge("t", "a"), edge("a", "b"), edge("b", "a")])
    assert [effect.node for effect in played(legacy, "strict").effects] == ["a", "b"]
    overflown = played(legacy, "formula")
    assert (overflown.outcome, overflown.reason, len(overflown.steps)) == ("failed", TOO_MANY, MAX_STEPS)


def test_conditions_on_edges_were_read_by_the_queue_alone() -> None:
    nodes = [trigger_node(), action_node("add_tag", "a", tag="x")]
    held = {"condition": {"type": "equals", "field": "status", "value": "old"}}
    legacy = record(nodes=nodes, edges=[edge("t", "a", data=held)])
    assert effects(played(legacy, "queue")) == []
    assert len(effects(played(legacy, "strict"))) == 1


LINEAR = [
    {"type": "send_email", "config": {"subject": "Hi", "body": "b"}, "conditions": [{"field": "status", "operator": "eq", "value": "old"}]},
    {"type": "add_tag", "tag": "x"},
]  # fmt: skip


def test_linear_conditions_skip_the_action_and_those_of_the_workflow_everything() -> None:
    open_ = record("D", trigger_type="lead_created", actions=LINEAR)
    assert effects(played(open_, "service")) == [("add_tags", {"tags": ["x"]})]
    gate = [{"field": "status", "operator": "eq", "value": "old"}]
    held = played(record("D", trigger_type="lead_created", actions=LINEAR, conditions=gate), "service")
    assert (held.outcome, held.effects) == ("refused", [])


def test_scoring_messages_were_stubs() -> None:
    seen = played(
        record("S", actions=[{"type": "send_sms", "content": "x"}, {"type": "add_tag", "tagId": "t1"}]),
        "scoring",
    )
    assert [(effect.kind, effect.is_stub, effect.is_message) for effect in seen.effects] == [
        ("send_sms", True, False),
        ("add_tags", False, False),
    ]


@pytest.mark.parametrize(
    ("to", "recipients"),
    [(None, ("ana@mail.example",)), ("desk@gym.example", ("desk@gym.example",)), ("{{email}}", ("ana@mail.example",)),
     (["b@gym.example", "a@gym.example"], ("a@gym.example", "b@gym.example"))],
)  # fmt: skip
def test_recipients_are_those_named_else_the_lead(to: Any, recipients: tuple[str, ...]) -> None:
    config = {"subject": "s", "body": "b"} | ({} if to is None else {"to": to})
    assert played(chain(action_node("send_email", **config))).effects[0].recipients == recipients


def test_steps_see_what_earlier_ones_changed() -> None:
    nodes = [trigger_node(), action_node("add_tag", "a", tag="vip"), logic_node("condition", "c", field="lead.tags", operator="has_tag", value="vip"),
             action_node("add_note", "n", note="vip")]  # fmt: skip
    legacy = record(nodes=nodes, edges=[edge("t", "a"), edge("a", "c"), edge("c", "n", "true")])
    assert [effect.node for effect in played(legacy).effects] == ["a", "n"]


@pytest.mark.parametrize(
    ("legacy", "engines"),
    [
        (chain(action_node("add_tag"), trigger_type="webhook"), ["label"]),
        (chain(action_node("add_tag"), trigger_type="lead_created"), ["strict", "queue", "formula"]),
        (record("C", actions=LINEAR), ["service"]),
        (record("S", actions=LINEAR), ["scoring"]),
    ],
)
def test_the_door_says_which_engines_come_into_question(legacy: LegacyWorkflow, engines: list[str]) -> None:
    drawn = read_workflow(legacy)
    found = plausible_engines(drawn.shape, is_linear=drawn.is_linear, column=drawn.column)
    assert [engine.called for engine in found] == engines


@given(GRAPHS)
@settings(max_examples=150)
def test_any_old_graph_ends_comes_out_the_same_and_names_each_deed_once(graph: tuple[Any, Any, str]) -> None:
    nodes, edges, engine = graph
    legacy = record(nodes=[trigger_node(), *nodes], edges=edges)
    seen = played(legacy, engine)
    again = played(legacy, engine)
    assert seen == again
    assert len(seen.steps) <= MAX_STEPS
    keys = [effect.key for effect in seen.effects]
    assert len(keys) == len(set(keys))
    assert all(0 <= wait.seconds <= CAP_SECONDS for wait in seen.waits)
    assert all(effect.at >= AT for effect in seen.effects)


@given(st.lists(VALUES, max_size=4))
@settings(max_examples=60)
def test_any_list_of_actions_is_read(actions: list[Any]) -> None:
    legacy = record("D", trigger_type="lead_created", actions=actions, settings=None)
    assert isinstance(read_workflow(legacy), OldWorkflow)
    assert played(legacy, "service").outcome in ("completed", "failed", "refused")

"""Legacy conditions: every form and operator the contract lists, and never a silent guess."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas_workflows.exact_json import dumps_text
from atlas_workflows.expressions.condition import parse_condition
from atlas_workflows.expressions.operators import Operator
from atlas_workflows.legacy.conditions.engines import ENGINES
from atlas_workflows.legacy.conditions.forms import ConditionTranslation, translate_condition
from atlas_workflows.legacy.reasons import ReasonCode

PATH = "nodes[2].data.config.condition"
NEW = {"field": "status", "operator": "equals", "value": "new"}
NEW_LEAF = {"field": "contact.status", "operator": "equals", "value": "new", "case_sensitive": True}
SET = {"field": "lead.email", "operator": "is_set"}
SET_LEAF = {"field": "contact.email", "operator": "exists"}


def translate(raw: Any, engine: str | None = "label", **more: Any) -> ConditionTranslation:
    return translate_condition(raw, engine=engine, path=PATH, **more)


def codes(result: ConditionTranslation) -> list[str]:
    return [reason.code.value for reason in result.reasons]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (NEW, NEW_LEAF),
        ([NEW], NEW_LEAF),
        (dumps_text(NEW), NEW_LEAF),
        (dumps_text([dumps_text(NEW)]), NEW_LEAF),
        ({"condition": NEW}, NEW_LEAF),
        ({**NEW, "id": "c1", "label": "Is new", "trueBranch": None, "falseBranch": "x"}, NEW_LEAF),
        ({"conditions": [NEW, SET], "operator": "AND"}, {"operator": "and", "conditions": [NEW_LEAF, SET_LEAF]}),
        ({"conditions": [NEW, SET], "logic": "or"}, {"operator": "or", "conditions": [NEW_LEAF, SET_LEAF]}),
        ({"conditions": [NEW, SET], "logicOperator": "ANY"}, {"operator": "or", "conditions": [NEW_LEAF, SET_LEAF]}),
        ({"conditions": {"a": NEW}, "logic": "AND"}, NEW_LEAF),
        ([{**NEW, "logicOperator": "OR"}, SET], {"operator": "or", "conditions": [NEW_LEAF, SET_LEAF]}),
        ({"operator": "NOT", "conditions": [SET]}, {"operator": "not", "conditions": [SET_LEAF]}),
        ({"operator": "NOT", "condition": SET}, {"operator": "not", "conditions": [SET_LEAF]}),
        (
            {"operator": "OR", "conditions": [NEW, {"logic": "NOT", "conditions": [{"conditions": [SET, SET], "logic": "AND"}]}]},
            {"operator": "or", "conditions": [NEW_LEAF, {"operator": "not", "conditions": [{"operator": "and", "conditions": [SET_LEAF, SET_LEAF]}]}]},
        ),
        ({"conditionType": "lead_score", "operator": "gte", "value": 80}, {"field": "contact.score", "operator": "greater_than_or_equal", "value": 80}),
        ({"conditionType": "lead_score", "operator": "between", "minValue": 1, "maxValue": 9}, {"field": "contact.score", "operator": "between", "value": [1, 9]}),
        ({"conditionType": "tags", "operator": "has_tag", "tag": "vip"}, {"field": "contact.tags", "operator": "has_tag", "value": "vip", "case_sensitive": True}),
        ({"conditionType": "tags", "operator": "has_all", "tags": ["a", "b"]}, {"field": "contact.tags", "operator": "has_all", "value": ["a", "b"], "case_sensitive": True}),
        ({"conditionType": "time_based", "field": "createdAt", "operator": "within", "value": 7, "unit": "day"}, {"field": "contact.created_at", "operator": "within", "value": {"amount": 7, "unit": "days"}}),
        ({"conditionType": "time_based", "timeField": "created_at", "operator": "days_ago_less_than", "value": "30"}, {"field": "contact.created_at", "operator": "days_ago_less_than", "value": "30"}),
        ({"conditionType": "field_comparison", "field": "trigger.source", "operator": "equals", "value": "web"}, {"field": "trigger.source", "operator": "equals", "value": "web", "case_sensitive": True}),
        ({"conditionType": "multi_condition", "conditions": [NEW, SET], "operator": "and"}, {"operator": "and", "conditions": [NEW_LEAF, SET_LEAF]}),
    ],
)  # fmt: skip
def test_every_form(raw: Any, expected: Any) -> None:
    assert translate(raw) == ConditionTranslation(expected)


@pytest.mark.parametrize("engine", sorted(ENGINES))
@pytest.mark.parametrize(("operator", "before"), [("eq", True), ("neq", False), ("strict_equals", True)])
def test_two_missing_fields_were_equal(engine: str, operator: str, before: bool) -> None:
    compared = {
        "conditionType": "field_comparison",
        "field": "a",
        "operator": operator,
        "compareField": "lead.firstName",
    }
    found = translate(compared, engine)
    assert found.condition is not None
    assert '"{{ contact.first_name }}"' in dumps_text(found.condition)
    change = found.changes[0]
    assert (change.code, change.field) == (ReasonCode.EQUALITY_CHANGED, PATH)
    assert (change.before["answer"], change.after["answer"]) == (before, not before)  # type: ignore[index]


@pytest.mark.parametrize("operator", ["gt", "contains", "starts_with"])
def test_two_missing_fields_answer_other_questions_as_they_did(operator: str) -> None:
    compared = {"field": "a", "operator": operator, "value": "{{lead.firstName}}"}
    assert translate(compared).changes == ()


OPERATORS = {
    "equals": ["equals", "eq"],
    "not_equals": ["not_equals", "neq"],
    "strict_equals": ["strict_equals"],
    "strict_not_equals": ["strict_not_equals"],
    "greater_than": ["greater", "greater_than", "gt", "greaterThan"],
    "greater_than_or_equal": ["greater_than_or_equal", "gte"],
    "less_than": ["less", "less_than", "lt", "Less Than"],
    "less_than_or_equal": ["less_than_or_equal", "lte"],
    "between": ["between"],
    "contains": ["contains"],
    "not_contains": ["not_contains", "notContains"],
    "contains_words": ["contains_words"],
    "starts_with": ["starts_with"],
    "ends_with": ["ends_with"],
    "in": ["in"],
    "not_in": ["not_in"],
    "exists": ["exists", "is_set"],
    "not_exists": ["not_exists", "is_not_set"],
    "is_true": ["is_true"],
    "is_false": ["is_false"],
    "is_null": ["is_null"],
    "is_not_null": ["is_not_null"],
    "is_empty": ["is_empty", "isEmpty"],
    "is_not_empty": ["is_not_empty"],
    "matches_regex": ["regex", "matches_regex"],
    "before": ["before"],
    "after": ["after"],
    "days_ago_less_than": ["days_ago_less_than"],
    "days_ago_greater_than": ["days_ago_greater_than"],
    "has_tag": ["has_tag"],
    "not_has_tag": ["not_has_tag"],
    "has_any": ["has_any"],
    "has_all": ["has_all"],
    "within": ["within"],
    "not_within": ["not_within"],
    "exactly": ["exactly"],
}
VALUES: dict[str, Any] = {
    "between": [1, 2], "in": ["a"], "not_in": ["a"], "has_any": ["a"], "has_all": ["a"], "before": "2026-03-29",
    "after": "now", "days_ago_less_than": 7, "days_ago_greater_than": 7, "matches_regex": "^a",
    "within": {"value": 7, "unit": "days"}, "not_within": {"value": 7, "unit": "days"}, "exactly": {"value": 7, "unit": "days"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("canonical", "alias"), [(name, alias) for name, found in OPERATORS.items() for alias in found]
)
def test_every_operator(canonical: str, alias: str) -> None:
    value = None if canonical.startswith(("is_", "exists", "not_exists")) else VALUES.get(canonical, "a")
    result = translate({"field": "lead.status", "operator": alias, "value": value})
    assert result.condition is not None
    assert result.condition["operator"] == canonical
    assert result.reasons == ()
    parse_condition(result.condition)


def test_the_list_of_operators_is_whole() -> None:
    assert set(OPERATORS) == {operator.value for operator in Operator}


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("status", "contact.status"),
        ("firstName", "contact.first_name"),
        ("lead.firstName", "contact.first_name"),
        ("client.phone_number", "contact.phone"),
        ("contact.leadScore", "contact.score"),
        ("lead_score", "contact.score"),
        ("{{ lead.email }}", "contact.email"),
        ("context.lead.email", "contact.email"),
        ("customFields.favourite class", None),
        ("contact.customFields.favouriteClass", "contact.custom_fields.favouriteClass"),
        ("trigger.formData.Email", "trigger.formData.Email"),
        ("triggerData.amount", "trigger.amount"),
        ("organization.timezone", "organization.timezone"),
        ("variables.limit", "variables.limit"),
        ("limit", "variables.limit"),
        ("item.price", "item.price"),
        ("somethingElse", "contact.somethingElse"),
        ("", None),
        (None, None),
        (7, None),
        ("a..b", None),
    ],
)
def test_fields(field: Any, expected: str | None) -> None:
    result = translate({"field": field, "operator": "exists"}, variables=frozenset({"limit"}))
    if expected is None:
        assert (result.condition, codes(result)) == (None, ["CONDITION_FIELD_UNREADABLE"])
        assert result.reasons[0].field == f"{PATH}.field"
    else:
        assert result.condition == {"field": expected, "operator": "exists"}


def test_a_bare_field_belongs_to_the_root() -> None:
    result = translate({"field": "amount", "operator": "gt", "value": 5}, root="trigger")
    assert result.condition == {"field": "trigger.amount", "operator": "greater_than", "value": 5}


@pytest.mark.parametrize(
    "raw", [None, [], {}, "", {"conditions": []}, {"conditions": [], "operator": "AND"}, "[]", "null"]
)
def test_nothing_asked_is_nothing_said(raw: Any) -> None:
    assert translate(raw) == ConditionTranslation(None)


@pytest.mark.parametrize(
    ("raw", "code", "field"),
    [
        ({"trueBranch": None, "falseBranch": None}, "CONDITION_EMPTY", PATH),
        ({"conditions": [{"conditions": []}, NEW], "logic": "AND"}, "CONDITION_EMPTY", f"{PATH}.conditions[0]"),
        ("lead.score > 50", "CONDITION_SHAPE_UNKNOWN", PATH),
        (7, "CONDITION_SHAPE_UNKNOWN", PATH),
        ({**NEW, "negate": True}, "CONDITION_SHAPE_UNKNOWN", PATH),
        ({"conditionType": "weather", **NEW}, "CONDITION_SHAPE_UNKNOWN", f"{PATH}.conditionType"),
        ({"conditions": [NEW, SET], "operator": "XOR"}, "CONDITION_SHAPE_UNKNOWN", f"{PATH}.operator"),
        ({"conditions": [NEW, SET], "operator": "AND", "logic": "OR"}, "CONDITION_SHAPE_UNKNOWN", f"{PATH}.conditions"),
        ([{**NEW, "logic": "OR"}, {**SET, "logic": "AND"}], "CONDITION_SHAPE_UNKNOWN", PATH),
        ({"field": "a", "operator": "resembles", "value": 1}, "CONDITION_OPERATOR_UNKNOWN", f"{PATH}.operator"),
        ({"field": "a", "value": 1}, "CONDITION_OPERATOR_UNKNOWN", f"{PATH}.operator"),
        ({"field": "a", "operator": "custom", "value": "return 1"}, "CONDITION_OPERATOR_CUSTOM", f"{PATH}.operator"),
        ({"field": "a", "operator": "between", "value": 1}, "CONDITION_VALUE_UNFIT", f"{PATH}.value"),
        ({"field": "a", "operator": "between", "minValue": 1}, "CONDITION_VALUE_UNFIT", f"{PATH}.value"),
        ({"field": "a", "operator": "in"}, "CONDITION_VALUE_UNFIT", f"{PATH}.value"),
        ({"field": "a", "operator": "gt"}, "CONDITION_VALUE_UNFIT", f"{PATH}.value"),
        ({"field": "a", "operator": "exists", "value": False}, "CONDITION_VALUE_UNFIT", f"{PATH}.value"),
        ({"field": "a", "operator": "before", "value": "03/04/2026"}, "CONDITION_VALUE_UNFIT", f"{PATH}.value"),
        ({"field": "a", "operator": "within", "value": 7}, "CONDITION_VALUE_UNFIT", f"{PATH}.value"),
        ({"field": "a", "operator": "within", "value": 7, "unit": "moons"}, "CONDITION_VALUE_UNFIT", f"{PATH}.value"),
        ({"field": "a", "operator": "has_tag", "value": ["a", "b"]}, "CONDITION_VALUE_UNFIT", f"{PATH}.value"),
        ({"field": "a", "operator": "equals", "value": "{{#if}}"}, "CONDITION_VALUE_UNFIT", f"{PATH}.value"),
        ({"field": "a", "operator": "regex", "value": "(?=a)"}, "CONDITION_PATTERN_REFUSED", f"{PATH}.value"),
    ],
)  # fmt: skip
def test_what_is_not_understood_says_so(raw: Any, code: str, field: str) -> None:
    result = translate(raw)
    assert result.condition is None
    assert result.changes == ()
    assert [(reason.code.value, reason.field) for reason in result.reasons] == [(code, field)]


def test_assumptions_are_said_aloud() -> None:
    assert codes(translate([NEW, SET])) == ["CONDITION_LOGIC_ASSUMED"]
    assert codes(translate([None, NEW])) == ["NULL_ENTRY_DROPPED"]
    listed = translate({"field": "source", "operator": "in", "value": "web, walk-in"})
    assert codes(listed) == ["CONDITION_LIST_FROM_TEXT"]
    assert listed.condition is not None
    assert listed.condition["value"] == ["web", "walk-in"]


def test_engines_keep_their_answers() -> None:
    contains = {"field": "status", "operator": "contains", "value": "new"}
    not_new = {"field": "status", "operator": "neq", "value": "new"}
    assert translate(contains, "label").condition == {
        "field": "contact.status",
        "operator": "contains",
        "value": "new",
    }
    builder = translate(contains, "builder")
    assert builder.condition is not None
    assert builder.condition["case_sensitive"] is True
    assert builder.changes == translate(NEW, "builder").changes == translate(not_new, "builder").changes == ()
    assert translate({**NEW, "value": 5}, "strict").condition == {
        "field": "contact.status",
        "operator": "strict_equals",
        "value": 5,
    }
    service = translate(not_new, "service")
    assert service.condition is not None
    assert [leaf["operator"] for leaf in service.condition["conditions"]] == ["exists", "not_equals"]
    assert service.changes == ()


@pytest.mark.parametrize(
    ("raw", "engine", "code"),
    [
        ({**NEW, "value": True}, "label", ReasonCode.EQUALITY_CHANGED),
        ({"field": "tags", "operator": "equals", "value": "vip"}, "label", ReasonCode.EQUALITY_CHANGED),
        ({"field": "status", "operator": "contains", "value": "new"}, None, ReasonCode.ENGINES_DISAGREE),
        ({"field": "status", "operator": "neq", "value": "new"}, None, ReasonCode.ENGINES_DISAGREE),
        ({**NEW, "value": "trial/member"}, "formula", ReasonCode.SLASH_WAS_DATE),
        ({**NEW, "value": "trial/member"}, "builder", ReasonCode.SLASH_WAS_DATE),
        ({**NEW, "value": 5}, "builder", ReasonCode.ENGINES_DISAGREE),
        ({**NEW, "value": "5"}, "builder", ReasonCode.ENGINES_DISAGREE),
        ({**NEW, "value": "=1 + 1"}, "builder", ReasonCode.FORMULA_WAS_CODE),
        ({**NEW, "value": "trial/member"}, None, ReasonCode.SLASH_WAS_DATE),
        ({**NEW, "value": 2**53 + 1}, "label", ReasonCode.BIG_NUMBER_WAS_ROUNDED),
        ({"field": "score", "operator": "gt", "value": "=lead.score * 2"}, "formula", ReasonCode.FORMULA_WAS_CODE),
        ({"operator": "NOT", "conditions": [SET, SET]}, "label", ReasonCode.NOT_GROUP_AMBIGUOUS),
        ({"conditionType": "activity", "activityType": "email opened", "operator": "within", "value": 7, "unit": "days"}, "label", ReasonCode.ACTIVITY_WAS_RANDOM),
    ],
)  # fmt: skip
def test_changes_of_meaning_are_shown(raw: Any, engine: str | None, code: ReasonCode) -> None:
    result = translate(raw, engine)
    assert result.condition is not None
    assert [change.code for change in result.changes] == [code]
    assert result.changes[0].before != result.changes[0].after
    assert result.changes[0].message


def test_an_example_names_engine_value_and_both_answers() -> None:
    change = translate({**NEW, "value": "a/b"}, "formula").changes[0]
    assert change.before == {"field_value": "a/b", "answer": False, "engine": "formula"}
    assert change.after == {"field_value": "a/b", "answer": True}


def test_formulas_become_formulas_or_say_why_not() -> None:
    raw = {"field": "score", "operator": "gt", "value": "=round(lead.leadScore * 1.5) + score"}
    result = translate(raw, "formula")
    assert result.condition is not None
    assert result.condition["value"] == {"$formula": "round ( contact.score * 1.5 ) + contact.score"}
    code = translate({**raw, "value": "=(() => fetch('x'))()"}, "formula")
    assert (code.condition, codes(code)) == (None, ["CONDITION_FORMULA_UNREADABLE"])
    plain = translate({**NEW, "value": "=1"}, "strict")
    assert plain.condition is not None
    assert plain.condition["value"] == "=1"


def test_depth_and_size_end_in_a_reason() -> None:
    deep: Any = NEW
    for _ in range(300):
        deep = {"operator": "AND", "conditions": [deep, SET]}
    assert codes(translate(deep)) == ["CONDITION_TOO_LARGE"]
    assert codes(translate({"conditions": [NEW] * 100_000, "logic": "AND"})) == ["CONDITION_TOO_LARGE"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
WORDS = st.sampled_from(
    ("status", "lead.score", "tags", "equals", "in", "between", "within", "AND", "NOT", "or", "custom", "=1+1", "a/b",
     "{{ x }}", "2026-01-01", "tags", "activity", "time_based")
)  # fmt: skip
LEGACY = st.recursive(
    JSON | WORDS,
    lambda inner: st.dictionaries(
        st.sampled_from(
            ("field", "operator", "value", "conditions", "logic", "logicOperator", "conditionType", "condition", "minValue",
             "maxValue", "unit", "tags", "trueBranch", "falseBranch", "activityType")
        ),
        inner | WORDS,
        max_size=5,
    )
    | st.lists(inner, max_size=3),
    max_leaves=10,
)  # fmt: skip


@given(LEGACY, st.sampled_from([None, "nobody", *ENGINES]))
def test_anything_ends_in_a_condition_that_parses_or_in_reasons(raw: Any, engine: str | None) -> None:
    result = translate(raw, engine)
    if result.condition is None:
        assert result.changes == ()
        assert result.reasons or not raw or isinstance(raw, str | dict)
    else:
        parse_condition(result.condition)
        dumps_text([result.condition, [(change.before, change.after) for change in result.changes]])

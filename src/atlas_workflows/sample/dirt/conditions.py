"""Every operator and every form of a condition, and the values that old engines treated in their own way."""

from typing import Any

from atlas_workflows.sample.recipe import Step
from atlas_workflows.sample.specimen import ALL_SHAPES, CoverageClass, Specimen, in_groups, recipe

OPERATORS: dict[str, tuple[str, Any]] = {
    "equals": ("lead.status", "new"),
    "eq": ("lead.source", "website"),
    "not_equals": ("lead.status", "lost"),
    "neq": ("lead.source", "manual"),
    "strict_equals": ("lead.score", 50),
    "strict_not_equals": ("lead.score", "50"),
    "greater": ("lead.score", 10),
    "greater_than": ("lead.score", "20"),
    "gt": ("lead.score", 30),
    "greater_than_or_equal": ("lead.score", 40),
    "gte": ("lead.score", 50),
    "less": ("lead.score", 90),
    "less_than": ("lead.score", 80),
    "lt": ("lead.score", 70),
    "less_than_or_equal": ("lead.score", 60),
    "lte": ("lead.score", 55),
    "between": ("lead.score", [20, 80]),
    "contains": ("lead.email", "GMAIL"),
    "not_contains": ("lead.email", "spam"),
    "starts_with": ("lead.phone", "+44"),
    "ends_with": ("lead.email", ".example"),
    "in": ("lead.source", ["website", "referral"]),
    "not_in": ("lead.source", ["import"]),
    "exists": ("lead.email", None),
    "not_exists": ("lead.phone", None),
    "is_set": ("lead.email", None),
    "is_not_set": ("lead.phone", None),
    "is_true": ("contact.email_opt_in", None),
    "is_false": ("contact.sms_opt_in", None),
    "is_null": ("lead.form_id", None),
    "is_not_null": ("lead.form_id", None),
    "is_empty": ("lead.tags", None),
    "is_not_empty": ("lead.tags", None),
    "regex": ("lead.email", "^[a-z]+@"),
    "matches_regex": ("lead.phone", r"^\+44\d{10}$"),
    "before": ("lead.created_at", "2026-01-01"),
    "after": ("lead.created_at", "2025-01-01T00:00:00Z"),
    "days_ago_less_than": ("lead.created_at", 7),
    "days_ago_greater_than": ("lead.created_at", "30"),
    "has_tag": ("lead.tags", "vip"),
    "not_has_tag": ("lead.tags", "cold"),
    "has_any": ("lead.tags", ["vip", "engaged"]),
    "has_all": ("lead.tags", ["vip", "engaged"]),
    "within": ("lead.last_visit", {"value": 7, "unit": "days"}),
    "not_within": ("lead.last_visit", {"value": 30, "unit": "days"}),
    "exactly": ("lead.visits", 3),
    "custom": ("lead.score", "lead.score % 2 === 0"),
}

_LEAF = {"field": "lead.status", "operator": "equals", "value": "new"}
_OTHER = {"field": "lead.score", "operator": "greater_than", "value": 50}
FORMS: dict[str, dict[str, Any]] = {
    "flat": _LEAF,
    "list_operator": {"conditions": [_LEAF, _OTHER], "operator": "AND"},
    "list_operator_or": {"conditions": [_LEAF, _OTHER], "operator": "OR"},
    "list_logic": {"conditions": [_LEAF, _OTHER], "logic": "or"},
    "list_logic_operator": {"conditions": [_LEAF, _OTHER], "logicOperator": "AND"},
    "nested_not": {"operator": "AND", "conditions": [_LEAF, {"operator": "NOT", "conditions": [_OTHER]}]},
    "between_min_max": {"field": "lead.score", "operator": "between", "minValue": 20, "maxValue": 80},
    "typed_lead_score": {"conditionType": "lead_score", "operator": "greater_than", "value": 60},
    "typed_tags": {"conditionType": "tags", "operator": "has_any", "tags": ["vip"]},
    "typed_time_based": {"conditionType": "time_based", "operator": "within", "value": 7, "unit": "days"},
    "typed_field_comparison": {"conditionType": "field_comparison", **_LEAF},
    "typed_activity": {
        "conditionType": "activity",
        "activityType": "email_opened",
        "operator": "within",
        "value": 3,
    },
    "typed_multi_condition": {
        "conditionType": "multi_condition",
        "conditions": [_LEAF, _OTHER],
        "logic": "AND",
    },
    "null_branches": {**_LEAF, "trueBranch": None, "falseBranch": None},
    "formula_value": {"field": "lead.score", "operator": "equals", "value": "=lead.score * 2"},
    "slash_value": {"field": "lead.source", "operator": "equals", "value": "print/flyer"},
}
NEEDLES = {
    "flat": '"operator": "equals"',
    "list_operator": '"operator": "AND"',
    "list_operator_or": '"operator": "OR"',
    "list_logic": '"logic": "or"',
    "list_logic_operator": '"logicOperator": "AND"',
    "nested_not": '"operator": "NOT"',
    "between_min_max": '"minValue": 20',
    "null_branches": '"trueBranch": null',
    "formula_value": '"=lead.score * 2"',
    "slash_value": '"print/flyer"',
}


def chain(configs: tuple[tuple[str, Any], ...]) -> tuple[Step, ...]:
    """Conditions one behind the other on the true side, a tag at the end."""
    steps: tuple[Step, ...] = (Step("action", "add_tag", "Tag", {"tag": "checked"}),)
    for label, config in reversed(configs):
        steps = (Step("condition", "condition", label, config, steps),)
    return steps


def _operator(name: str) -> tuple[str, Any]:
    field, value = OPERATORS[name]
    config: dict[str, Any] = {"field": field, "operator": name}
    return f"Is it {name}?", config if value is None else config | {"value": value}


SPECIMENS = (
    *(
        Specimen(
            tuple(f"operator:{name}" for name in names),
            recipe(f"Decide by {names[0]}", chain(tuple(_operator(name) for name in names))),
            shapes=ALL_SHAPES,
            only_steps=True,
        )
        for names in in_groups(tuple(OPERATORS), 4)
    ),
    *(
        Specimen(
            tuple(f"condition:{form}" for form in forms),
            recipe(
                f"Decide in the form {forms[0]}",
                chain(tuple((f"Form {form}", FORMS[form]) for form in forms)),
            ),
            shapes=ALL_SHAPES,
            only_steps=True,
        )
        for forms in in_groups(tuple(FORMS), 3)
    ),
)
CLASSES = (
    *(
        CoverageClass(f"operator:{name}", needle=f'"operator": "{name}"', shapes=ALL_SHAPES)
        for name in OPERATORS
    ),
    *(
        CoverageClass(
            f"condition:{form}",
            needle=NEEDLES.get(form, f'"conditionType": "{form.removeprefix("typed_")}"'),
            shapes=ALL_SHAPES,
        )
        for form in FORMS
    ),
)

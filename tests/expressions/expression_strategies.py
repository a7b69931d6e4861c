"""What generated tests are made of: JSON values, scopes, conditions and placeholders."""

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from atlas_workflows.expressions.operands import UNITS
from atlas_workflows.expressions.operators import SEEKING, Operand, Operator, operand_of
from atlas_workflows.expressions.values import is_blank

WORDS = ("a", "b", "status", "tags", "x-1")
PATHS = ("a", "a.b", "contact.status", "lead.tags", "a[0].b", 'a["x y"]', "now", "a.length")
HARD_TEXTS = (
    "", " ", "0", "-0", "1e400", "9" * 500, "NaN", "Infinity", "true", "2026-03-29", "2026-02-30", "0001-01-01",
    "9999-12-31T23:59:59.999999999+14:00", "now", "today", "\ud800", "Zoe\u0308", "\u0130", "ß", "{{ a }}", "a,b",
    "\u0300" * 40, "1" + "\u0661", "\u00b2", "\x00",
)  # fmt: skip
HARD_NUMBERS = (
    0, 1, -1, 2**53 + 1, 10**30, 10**4000, Decimal("1.10"), Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"),
    Decimal("1e999999"), Decimal("1e99999999"), Decimal("-1e-99999999"), float("nan"), float("inf"), 0.1,
)  # fmt: skip

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.decimals(allow_nan=False, allow_infinity=False),
    st.text(max_size=20), st.sampled_from(HARD_TEXTS), st.sampled_from(HARD_NUMBERS), st.datetimes(), st.dates(),
    st.binary(max_size=3), st.builds(object),
)  # fmt: skip
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=3), inner, max_size=4),
    max_leaves=8,
)  # fmt: skip
scopes = st.dictionaries(st.sampled_from(("a", "b", "contact", "trigger")), values, max_size=4)
json_scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=20), st.sampled_from(HARD_TEXTS),
    st.decimals(allow_nan=False, allow_infinity=False),
).filter(lambda value: not (isinstance(value, str) and "{{" in value))  # fmt: skip


def _operand(operator: Operator) -> st.SearchStrategy[Any]:
    match operand_of(operator):
        case Operand.NONE:
            return st.none()
        case Operand.PAIR:
            return st.lists(json_scalars, min_size=2, max_size=2)
        case Operand.LIST:
            return st.lists(json_scalars, min_size=1, max_size=4)
        case Operand.PATTERN:
            return st.sampled_from(("^", "^a", "(a+)+$", r"\d{2}", "[ß-ü]", "a|b", ".*"))
        case Operand.DAYS:
            return st.integers(-5, 5000) | st.sampled_from(("7", Decimal("1e9000")))
        case Operand.PERIOD:
            return st.fixed_dictionaries(
                {"amount": st.integers(0, 500), "unit": st.sampled_from(sorted(UNITS))}
            )
        case _:
            scalars = json_scalars.filter(lambda value: operator not in SEEKING or not is_blank(value))
            return scalars | st.sampled_from(
                ("{{ a }}", "{{ contact.status | upper }}", {"$formula": "a + 1"})
            )


def _leaves(operator: Operator) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {"field": st.sampled_from(PATHS), "operator": st.just(operator.value), "value": _operand(operator)},
        optional={
            "case_sensitive": st.booleans(),
            "type": st.sampled_from(("text", "number", "date", "boolean", "list")),
        },
    )


leaves = st.sampled_from(list(Operator)).flatmap(_leaves)
conditions = st.recursive(
    leaves,
    lambda inner: st.fixed_dictionaries(
        {"operator": st.sampled_from(("and", "or", "not")), "conditions": st.lists(inner, max_size=4)}
    ),
    max_leaves=8,
)

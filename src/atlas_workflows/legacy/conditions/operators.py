"""Every legacy spelling of an operator, and the canonical one it stands for."""

import re
from functools import lru_cache

from atlas_workflows.expressions.operators import Operator

_ALIASES = {
    "eq": "equals",
    "equal": "equals",
    "=": "equals",
    "==": "equals",
    "===": "strict_equals",
    "!=": "not_equals",
    "!==": "strict_not_equals",
    "neq": "not_equals",
    "not_equal": "not_equals",
    "greater": "greater_than",
    "gt": "greater_than",
    ">": "greater_than",
    "gte": "greater_than_or_equal",
    ">=": "greater_than_or_equal",
    "greater_than_or_equals": "greater_than_or_equal",
    "less": "less_than",
    "lt": "less_than",
    "<": "less_than",
    "lte": "less_than_or_equal",
    "<=": "less_than_or_equal",
    "less_than_or_equals": "less_than_or_equal",
    "is_set": "exists",
    "is_not_set": "not_exists",
    "regex": "matches_regex",
}
CUSTOM = "custom"
_LONGEST_NAME = 60
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def translate_operator(text: object) -> Operator | None:
    """The canonical operator, or None; `custom` is None too, since it stands for program code."""
    return _named(text) if isinstance(text, str) and len(text) <= _LONGEST_NAME else None


@lru_cache(maxsize=512)
def _named(text: str) -> Operator | None:
    name = _CAMEL.sub("_", text.strip()).lower().replace(" ", "_").replace("-", "_")
    try:
        return Operator(_ALIASES.get(name, name))
    except ValueError:
        return None

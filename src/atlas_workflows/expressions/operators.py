"""The operators of a condition, and what kind of value each one takes."""

from enum import StrEnum


class Operator(StrEnum):
    """Canonical operators; the old engines' other spellings are aliases known to legacy/ only."""

    EQUALS = "equals"
    NOT_EQUALS = "not_equals"
    STRICT_EQUALS = "strict_equals"
    STRICT_NOT_EQUALS = "strict_not_equals"
    GREATER_THAN = "greater_than"
    GREATER_THAN_OR_EQUAL = "greater_than_or_equal"
    LESS_THAN = "less_than"
    LESS_THAN_OR_EQUAL = "less_than_or_equal"
    BETWEEN = "between"
    CONTAINS = "contains"
    NOT_CONTAINS = "not_contains"
    CONTAINS_WORDS = "contains_words"
    STARTS_WITH = "starts_with"
    ENDS_WITH = "ends_with"
    IN = "in"
    NOT_IN = "not_in"
    EXISTS = "exists"
    NOT_EXISTS = "not_exists"
    IS_EMPTY = "is_empty"
    IS_NOT_EMPTY = "is_not_empty"
    IS_NULL = "is_null"
    IS_NOT_NULL = "is_not_null"
    IS_TRUE = "is_true"
    IS_FALSE = "is_false"
    MATCHES_REGEX = "matches_regex"
    BEFORE = "before"
    AFTER = "after"
    DAYS_AGO_LESS_THAN = "days_ago_less_than"
    DAYS_AGO_GREATER_THAN = "days_ago_greater_than"
    HAS_TAG = "has_tag"
    NOT_HAS_TAG = "not_has_tag"
    HAS_ANY = "has_any"
    HAS_ALL = "has_all"
    WITHIN = "within"
    NOT_WITHIN = "not_within"
    EXACTLY = "exactly"


class Operand(StrEnum):
    """What an operator expects in `value`."""

    NONE = "none"
    ANY = "any"
    PAIR = "pair"
    LIST = "list"
    PATTERN = "pattern"
    DAYS = "days"
    PERIOD = "period"


# They look for something in a value; nothing to look for would be found everywhere.
SEEKING = frozenset(
    {
        Operator.CONTAINS,
        Operator.NOT_CONTAINS,
        Operator.CONTAINS_WORDS,
        Operator.STARTS_WITH,
        Operator.ENDS_WITH,
        Operator.HAS_TAG,
        Operator.NOT_HAS_TAG,
    }
)

# The same question with the answer turned round; only the first of each pair is implemented.
NEGATIONS: dict[Operator, Operator] = {
    Operator.NOT_EQUALS: Operator.EQUALS,
    Operator.STRICT_NOT_EQUALS: Operator.STRICT_EQUALS,
    Operator.NOT_CONTAINS: Operator.CONTAINS,
    Operator.NOT_IN: Operator.IN,
    Operator.NOT_EXISTS: Operator.EXISTS,
    Operator.IS_NOT_EMPTY: Operator.IS_EMPTY,
    Operator.IS_NOT_NULL: Operator.IS_NULL,
    Operator.NOT_HAS_TAG: Operator.HAS_TAG,
    Operator.NOT_WITHIN: Operator.WITHIN,
}

_OPERANDS = {
    Operand.NONE: (
        "exists",
        "not_exists",
        "is_empty",
        "is_not_empty",
        "is_null",
        "is_not_null",
        "is_true",
        "is_false",
    ),
    Operand.PAIR: ("between",),
    Operand.LIST: ("in", "not_in", "has_any", "has_all"),
    Operand.PATTERN: ("matches_regex",),
    Operand.DAYS: ("days_ago_less_than", "days_ago_greater_than"),
    Operand.PERIOD: ("within", "not_within", "exactly"),
}
_OPERAND_OF = {Operator(name): operand for operand, names in _OPERANDS.items() for name in names}


def operand_of(operator: Operator) -> Operand:
    """The kind of value this operator takes."""
    return _OPERAND_OF.get(operator, Operand.ANY)


_NUMBERS_AND_DATES = ("number", "date")
_TYPES = {
    ("greater_than", "greater_than_or_equal", "less_than", "less_than_or_equal", "between"): _NUMBERS_AND_DATES,
    ("before", "after", "days_ago_less_than", "days_ago_greater_than", "within", "not_within", "exactly"): ("date",),
    ("starts_with", "ends_with", "contains_words", "matches_regex"): ("text",),
    ("contains", "not_contains"): ("text", "list"),
    ("has_tag", "not_has_tag", "has_any", "has_all"): ("list",),
    ("is_true", "is_false"): ("boolean",),
}  # fmt: skip
_TYPES_OF = {Operator(name): types for names, types in _TYPES.items() for name in names}


def types_of(operator: Operator) -> tuple[str, ...]:
    """The types of values it makes sense for, best first, as ValueType names them."""
    return _TYPES_OF.get(operator, ("text", "number", "date", "boolean", "list"))

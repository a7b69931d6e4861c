"""The stated limits of conditions, templates and formulas, and the one way to refuse what passes them.

Sizes are characters unless the name says otherwise. They keep a hostile workflow cheap: what is larger is
refused by name before any work is done on it.
"""

from atlas_workflows.errors import ExpressionTooLarge

MAX_CONDITION_DEPTH = 32  # groups inside groups
MAX_CONDITION_LEAVES = 500
MAX_LIST_VALUES = 1_000  # values of one `in`, `has_any`, …
MAX_PATTERN_CHARACTERS = 1_000
MAX_PATTERN_MEMORY = 8 * 2**20  # bytes re2 may use for one pattern

MAX_TEMPLATE_CHARACTERS = 500_000
MAX_PLACEHOLDERS = 1_000
MAX_PLACEHOLDER_CHARACTERS = 1_000
MAX_FILTERS = 10  # in one placeholder
MAX_OUTPUT_CHARACTERS = 1_000_000

MAX_PATH_SEGMENTS = 16
MAX_PATH_CHARACTERS = 500
MAX_INDEX = 99_999

MAX_FORMULA_CHARACTERS = 2_000
MAX_FORMULA_DEPTH = 50
MAX_NUMBER_DIGITS = 400  # longer numbers written as text are text
MAX_COMBINING_RUN = 30  # marks in a row (Unicode's stream-safe format); texts beyond it are compared unfolded


def refuse_beyond(limit: int, name: str, actual: int, subject: str) -> None:
    """Raise ExpressionTooLarge when `actual` passes `limit`; `name` is the constant of this module."""
    if actual > limit:
        raise ExpressionTooLarge(
            f"{subject} is too large: {actual:,} where {limit:,} is the limit ({name}).",
            remedy="Make it smaller or split it.",
            limit=name,
            allowed=limit,
            actual=actual,
        )

"""Regular expressions in linear time: google-re2, with a size limit and refusals that name the construct."""

from collections.abc import Callable
from functools import lru_cache

import re2

from atlas_workflows.errors import ExpressionInvalid
from atlas_workflows.expressions import limits
from atlas_workflows.expressions.values import folded

_UNSUPPORTED = {
    "(?=": "a lookahead",
    "(?!": "a negative lookahead",
    "(?<=": "a lookbehind",
    "(?<!": "a negative lookbehind",
    "(?>": "an atomic group",
    "(?(": "a conditional group",
    "(?P": "a backreference by name",
    "(?#": "a comment",
    "\\k": "a backreference by name",
    "\\u": "a \\u escape (write \\x{...})",
    "++": "a possessive quantifier",
    "*+": "a possessive quantifier",
    "?+": "a possessive quantifier",
}


@lru_cache(maxsize=1024)
def compile_pattern(pattern: str, case_sensitive: bool = False) -> Callable[[str], bool]:
    """A function that says whether the pattern occurs anywhere in a text, both in NFC.

    Raises ExpressionInvalid where re2 cannot run the pattern in linear time, naming the construct.
    """
    limits.refuse_beyond(limits.MAX_PATTERN_CHARACTERS, "MAX_PATTERN_CHARACTERS", len(pattern), "The pattern")
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = case_sensitive
    options.max_mem = limits.MAX_PATTERN_MEMORY
    try:
        compiled = re2.compile(folded(pattern, case_sensitive=True).encode(), options)
    except (re2.error, UnicodeEncodeError) as cause:
        raise _refusal(pattern, cause) from cause
    return lambda text: (
        compiled.search(folded(text, case_sensitive=True).encode("utf-8", "replace")) is not None
    )


def _refusal(pattern: str, cause: Exception) -> ExpressionInvalid:
    reason = str(cause.args[0].decode("utf-8", "replace") if isinstance(cause, re2.error) else cause)
    construct = _construct(reason.rpartition(": ")[2])
    fact = f"uses {construct}, which cannot run in linear time" if construct else f"is not valid: {reason}"
    return ExpressionInvalid(
        f"The pattern {pattern[:80]!r} {fact}.",
        remedy="Rewrite it without that construct, or use contains, starts_with or in.",
        pattern=pattern,
        construct=construct,
    )


def _construct(found: str) -> str | None:
    if len(found) == 2 and found[0] == "\\" and found[1].isdigit():
        return "a backreference"
    return _UNSUPPORTED.get(found)

"""The truth table: which questions are asked of which field values. The answers are computed, never written down."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from atlas_workflows.expressions.evaluate import evaluate
from atlas_workflows.expressions.paths import MISSING

NOW = datetime(2026, 3, 29, 12, tzinfo=UTC)
TIMEZONE = "Europe/London"
_E_COMBINED, _E_DECOMPOSED = "Zo\u00eb", "Zoe\u0308"
_BIG = 12345678901234567890123


@dataclass(frozen=True, slots=True)
class Section:
    """Questions (leaves without their field) asked of each of `values`."""

    title: str
    rule: str
    questions: tuple[dict[str, Any], ...]
    values: tuple[Any, ...]


def _ask(operator: str, value: Any = None, **more: Any) -> dict[str, Any]:
    return {"operator": operator, **({} if value is None else {"value": value}), **more}


def _each(*operators: str, value: Any = None) -> tuple[dict[str, Any], ...]:
    return tuple(_ask(operator, value) for operator in operators)


SECTIONS = (
    Section(
        "Presence",
        "A path that leads nowhere (missing) and null are alike. Blank text, an empty list and an empty object are "
        "empty; 0 and false are not. `is_true` and `is_false` understand true, 1, yes, on and their opposites; "
        "whatever else is neither.",
        _each(
            "exists", "not_exists", "is_null", "is_not_null", "is_empty", "is_not_empty", "is_true", "is_false"
        ),
        (MISSING, None, "", "  ", "no", "text", 0, 1, 2, False, True, [], ["a"], {}),
    ),
    Section(
        "Equality with a text",
        "Texts are compared in Unicode NFC and without regard to case, unless `case_sensitive` is set. A text that "
        "spells a number equals that number, but two texts are compared as texts. Blanks count. `strict_` operators "
        "take the JSON type and every code point as they are.",
        (
            _ask("equals", "5"),
            _ask("equals", _E_COMBINED),
            _ask("equals", _E_COMBINED, case_sensitive=True),
            _ask("not_equals", _E_COMBINED),
            _ask("strict_equals", _E_COMBINED),
            _ask("strict_not_equals", _E_COMBINED),
        ),
        (MISSING, None, "", _E_COMBINED, _E_DECOMPOSED, _E_COMBINED.upper(), f"{_E_COMBINED} ", "5", "5.0", 5, Decimal("5.0"), True, [_E_COMBINED]),
    ),
    Section(
        "Equality with a number",
        "Numbers are compared by value and exactly, however many digits they have. Text that spells a number counts "
        "as that number; a comma or a unit makes it plain text. A boolean is no number.",
        (
            _ask("equals", 5),
            _ask("strict_equals", 5),
            _ask("equals", _BIG),
            _ask("equals", Decimal("1.10")),
            _ask("equals", 5, type="text"),
        ),
        (MISSING, None, 5, Decimal("5.0"), "5", " 5 ", "5,0", "5 kg", True, _BIG, _BIG + 1, str(_BIG), Decimal("1.1"), "1.1"),
    ),
    Section(
        "Equality with true and with null",
        "A boolean equals itself and its word; with `type: boolean` also yes, on and 1. A null that is written out asks "
        "for null: null and missing equal it.",
        (
            _ask("equals", True),
            _ask("equals", True, type="boolean"),
            _ask("strict_equals", True),
            _ask("equals"),
            _ask("strict_equals"),
            _ask("not_equals"),
        ),
        (MISSING, None, True, False, "true", "TRUE", "yes", 1, 0, ""),
    ),
    Section(
        "Values that are not there",
        "A missing value equals nothing, also where both sides are missing: what a template in `value` does not find, "
        "or finds to be null, is equal to no field, occurs in no list and has no order. Only a null that is written "
        "out asks for null. (Here the scope holds neither `nowhere` nor anything else but the field.)",
        (
            _ask("equals", "{{ nowhere }}"),
            _ask("not_equals", "{{ nowhere }}"),
            _ask("strict_equals", "{{ nowhere }}"),
            _ask("less_than_or_equal", "{{ nowhere }}"),
            _ask("contains", "{{ nowhere }}"),
            _ask("in", "{{ nowhere }}"),
            _ask("in", [None, "a"]),
            _ask("has_any", "{{ nowhere }}"),
            _ask("has_all", "{{ nowhere }}"),
        ),
        (MISSING, None, "", "a", [], [None], ["a"]),
    ),
    Section(
        "Values that are blank",
        "Nothing to look for is found nowhere: a blank value of `contains`, `starts_with`, `ends_with` and `has_tag`, "
        "an empty list and a blank pattern are refused when the condition is read; what a template turns out blank "
        "fits no field. `equals` asks for the blank text itself.",
        (
            _ask("contains", "{{ '' }}"),
            _ask("not_contains", "{{ '' }}"),
            _ask("starts_with", "{{ '' }}"),
            _ask("ends_with", "{{ ' ' }}"),
            _ask("has_tag", "{{ '' }}"),
            _ask("equals", "{{ '' }}"),
        ),
        (MISSING, None, "", " ", "a", [], [""], ["a"]),
    ),
    Section(
        "Order",
        "Two numbers (or texts that spell them) are ordered by value, two ISO dates by time, two other texts that "
        "are not blank by their folded characters. Anything else has no order: the answer is false, in both directions. `between` includes "
        "both ends and never swaps them.",
        (
            _ask("greater_than", 10),
            _ask("greater_than_or_equal", 10),
            _ask("less_than", 10),
            _ask("less_than_or_equal", 10),
            _ask("between", [9, "10"]),
            _ask("between", [10, 9]),
            _ask("less_than", "2026-03-29"),
            _ask("greater_than", "m"),
        ),
        (MISSING, None, "", 9, 10, Decimal("10.01"), "9", "10", "abc", "Zoe", "2026-03-28", True, [9]),
    ),
    Section(
        "Text",
        "A number or a boolean is read as the text a person would write. `contains` looks into a list for a member. "
        "A pattern may match anywhere in the text and runs in linear time (RE2), both in NFC; lookarounds and "
        "backreferences are refused when the condition is read.",
        (
            _ask("contains", "ab"),
            _ask("contains", "ab", case_sensitive=True),
            _ask("not_contains", "ab"),
            _ask("starts_with", "AB"),
            _ask("ends_with", "AB"),
            _ask("matches_regex", "^a.c$"),
            _ask("matches_regex", "^a.c$", case_sensitive=True),
            _ask("contains", 2),
        ),
        (MISSING, None, "", "ab", "xABx", "ABC", "cab", 123, True, ["ab"], ["xabx"], {"ab": 1}),
    ),
    Section(
        "Words",
        "`contains_words` looks for a word, or several in this order, as a whole: letters, marks and digits around it "
        "make another word of it. An apostrophe between letters and a point or comma between digits belong to the "
        "word; a hyphen does not. Signs such as emoji, and scripts that write without spaces, need nothing around "
        "them. It runs in linear time. The keywords of triggers are asked for so.",
        (
            _ask("contains_words", "no"),
            _ask("contains_words", "don't"),
            _ask("contains_words", "no way"),
            _ask("contains_words", "\u0141\u00f3d\u017a"),
            _ask("contains_words", "2"),
            _ask("contains_words", "\U0001f44d"),
        ),
        (MISSING, "", "No, thanks", "I know the way", "no-show", "I don\u2019t", "No  way!", "\u0141\u00d3D\u0179!", "\u0141\u00f3d\u017aka", "2", "2.5", "ok\U0001f44d", ["no"]),
    ),
    Section(
        "Lists and tags",
        "`in` asks whether the field (or, for a list, any of its members) is among the values. The tag operators take "
        "a list, a list of objects with a name or an id, or a text with commas. Members are compared as by `equals`. "
        "The list of values has at least one; one that is found empty when the question is asked holds nothing.",
        (
            _ask("in", ["vip", 5]),
            _ask("not_in", ["vip", 5]),
            _ask("has_tag", "VIP"),
            _ask("not_has_tag", "VIP"),
            _ask("has_any", ["vip", "trial"]),
            _ask("has_all", ["vip", "trial"]),
        ),
        (MISSING, None, "", "VIP", "vip, trial", 5, "5", ["vip"], ["trial", "Vip"], [{"name": "VIP"}], [], [5]),
    ),
    Section(
        "Time",
        "Dates are ISO 8601 only; 03/04/2026 is no date. A time without an offset is meant in the time zone of the "
        "evaluation (here Europe/London, now = 2026-03-29T12:00Z, the day its clocks went forward). Where one side "
        "is only a day, both are compared as days in that zone. `within` looks back, both ends included; `exactly` "
        "counts days and weeks by the calendar and shorter units as elapsed and complete; `days_ago_…` measures "
        "elapsed days, so what lies ahead is less than any number of days ago.",
        (
            _ask("before", "2026-03-29"),
            _ask("after", "2026-03-29"),
            _ask("equals", "2026-03-29", type="date"),
            _ask("before", "now"),
            _ask("days_ago_less_than", 7),
            _ask("days_ago_greater_than", 7),
            _ask("within", {"amount": 7, "unit": "days"}),
            _ask("not_within", {"amount": 7, "unit": "days"}),
            _ask("exactly", {"amount": 1, "unit": "days"}),
            _ask("exactly", {"amount": 1, "unit": "hours"}),
        ),
        (
            MISSING,
            None,
            "soon",
            "03/04/2026",
            "2026-03-28",
            "2026-03-28T23:30:00Z",
            "2026-03-29",
            "2026-03-29T10:30:00Z",
            "2026-03-29T11:00:00",
            "2026-03-22T11:59:59Z",
            "2026-04-01T09:00:00+02:00",
            20260329,
        ),
    ),
)  # fmt: skip


def answer(question: dict[str, Any], value: Any) -> bool:
    """The answer to a question of the table for one field value."""
    scope = {} if value is MISSING else {"field": value}
    return evaluate({"field": "field", **question}, scope, now=NOW, timezone=TIMEZONE)


def answers() -> Iterator[tuple[Section, dict[str, Any], Any, bool]]:
    """Every cell of the table."""
    for section in SECTIONS:
        for question in section.questions:
            for value in section.values:
                yield section, question, value, answer(question, value)

"""Regular expressions: linear time whatever the pattern, and refusals that name the construct."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas_workflows.errors import ExpressionInvalid, ExpressionTooLarge
from atlas_workflows.expressions.patterns import compile_pattern


@pytest.mark.parametrize(
    ("pattern", "construct"),
    [
        ("(?=a)", "a lookahead"),
        ("(?!a)", "a negative lookahead"),
        ("(?<=a)b", "a lookbehind"),
        ("(?<!a)b", "a negative lookbehind"),
        (r"(a)\1", "a backreference"),
        (r"(?P<n>a)\k<n>", "a backreference by name"),
        ("(?>a)", "an atomic group"),
        ("a++", "a possessive quantifier"),
    ],
)
def test_constructs_are_refused_by_name(pattern: str, construct: str) -> None:
    with pytest.raises(ExpressionInvalid, match=construct) as refusal:
        compile_pattern(pattern)
    assert refusal.value.attributes["construct"] == construct


@pytest.mark.parametrize("pattern", ["(", "[", "*a", "a{1001}", "((a{100}){100}){100}", "\ud800"])
def test_broken_patterns_are_refused(pattern: str) -> None:
    with pytest.raises(ExpressionInvalid):
        compile_pattern(pattern)


def test_length_is_limited() -> None:
    with pytest.raises(ExpressionTooLarge, match="MAX_PATTERN_CHARACTERS"):
        compile_pattern("a" * 1_001)


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+$", "(a|aa)+$", "(.*)*x", "([a-zA-Z]+)*$", "^(([a-z])+.)+[A-Z]([a-z])+$", "(a?){500}a{500}"],
)
def test_patterns_that_explode_elsewhere_stay_linear(pattern: str) -> None:
    matches = compile_pattern(pattern, case_sensitive=True)
    started = time.process_time()
    matches("a" * 100_000 + "!")
    assert time.process_time() - started < 2


def test_case_and_characters() -> None:
    assert compile_pattern("^zoë$")("ZOË")
    assert not compile_pattern("^zoë$", case_sensitive=True)("ZOË")
    assert compile_pattern("a.c")("xa\ud800cx")


@given(st.text(max_size=30), st.text(max_size=30))
def test_any_pattern_is_answered_or_refused(pattern: str, text: str) -> None:
    assert answer_or_refusal(pattern, text) not in (None, "")


def answer_or_refusal(pattern: str, text: str) -> bool | str:
    try:
        return compile_pattern(pattern)(text)
    except ExpressionInvalid as refusal:
        return refusal.fact


@pytest.mark.parametrize("text", ["Sch\u00f6n", "Scho\u0308n"])
@pytest.mark.parametrize("pattern", ["^sch\u00f6n$", "^scho\u0308n$", "^sch.n$"])
def test_both_ways_of_writing_an_accent_match(pattern: str, text: str) -> None:
    assert compile_pattern(pattern)(text)

"""Rules that hold for every template and every value."""

from datetime import UTC, datetime
from typing import Any, Literal

from expression_strategies import scopes, values
from hypothesis import given, settings
from hypothesis import strategies as st

from atlas_workflows.errors import ExpressionInvalid
from atlas_workflows.expressions.filters import FILTERS
from atlas_workflows.expressions.paths import parse_path, print_path
from atlas_workflows.expressions.placeholder import (
    FilterCall,
    Placeholder,
    parse_placeholder,
    print_placeholder,
)
from atlas_workflows.expressions.templates import parse_template, print_template, references, render

NOW = datetime(2026, 3, 29, 12, tzinfo=UTC)
NAMES = st.text(min_size=1, max_size=8).filter(lambda name: not set(name) & set("\"'\\]{}"))
PATHS = st.builds(
    lambda first, rest: (first, *rest),
    st.sampled_from(("contact", "trigger", "Łódź", "a-b")),
    st.lists(NAMES | st.integers(0, 99_999), max_size=5),
)
ARGUMENTS: dict[str, st.SearchStrategy[tuple[Any, ...]]] = {
    "default": st.tuples(st.text(max_size=8) | st.booleans() | st.none() | st.integers()),
    "truncate": st.tuples(st.integers(0, 50), st.text(max_size=2)),
    "date": st.tuples(st.sampled_from(("long", "iso", "%d.%m.%Y %Q %"))),
    "join": st.tuples(st.text(max_size=3)),
    "round": st.tuples(st.integers(0, 30)),
    "number": st.tuples(st.integers(-2, 30)),
}
CALLS = st.sampled_from(sorted(FILTERS)).flatmap(
    lambda name: st.builds(FilterCall, st.just(name), ARGUMENTS.get(name, st.just(())))
)
PLACEHOLDERS = st.one_of(
    st.builds(lambda path, calls: Placeholder(path=path, filters=tuple(calls)), PATHS, st.lists(CALLS, max_size=3)),
    st.builds(lambda text, calls: Placeholder(literal=text, filters=tuple(calls)), st.text(max_size=9), st.lists(CALLS, max_size=3)),
    st.builds(lambda number: Placeholder(position=number), st.integers(1, 20)),
)  # fmt: skip
SNIPPETS = st.text(max_size=10) | st.sampled_from(
    ("{{", "}}", "{", "{{ a }}", "{{ a.b | upper }}", "'", '"', "{{1}}")
)


@given(PATHS)
def test_paths_print_and_parse(path: Any) -> None:
    assert parse_path(print_path(path)) == path


@given(PLACEHOLDERS)
def test_placeholders_print_and_parse(placeholder: Placeholder) -> None:
    printed = print_placeholder(placeholder)
    assert parse_placeholder(printed[2:-2]) == placeholder


@given(st.lists(SNIPPETS, max_size=8).map("".join))
def test_a_template_prints_as_it_was_and_loses_nothing(text: str) -> None:
    assert print_template(parse_template(text)) == text
    assert render(text, {}, now=NOW, positional=()).text.count("x") >= text.count("x")


@settings(max_examples=300)
@given(PLACEHOLDERS, scopes, values)
def test_rendering_never_fails(placeholder: Placeholder, scope: Any, value: Any) -> None:
    text = print_placeholder(placeholder)
    rendered = render(text, {**scope, "contact": value}, now=NOW, positional=[value], timezone="Asia/Kolkata")
    assert isinstance(rendered.text, str)


@given(st.text(max_size=30), st.sampled_from(("", " | trim", ' | default("x")', " | truncate(500)")))
def test_values_are_never_expanded_again(tail: str, filters: str) -> None:
    value = "x{{ contact.secret }}{{1}}" + tail + "x"
    scope = {"contact": {"name": value, "secret": "SECRET"}}
    rendered = render("{{ contact.name" + filters + " }}", scope, now=NOW, positional=["SECRET"])
    assert rendered.text == value
    assert rendered.unresolved == ()


@given(st.lists(SNIPPETS, max_size=8).map("".join))
def test_what_is_unresolved_was_referred_to(text: str) -> None:
    rendered = render(text, {}, now=NOW)
    unread = {problem.fact for problem in parse_template(text).problems}
    assert len(rendered.unresolved) <= len(references(text)) + max(len(unread), text.count("{{"))
    assert set(references(text)) <= set(rendered.unresolved)


def _is_unreadable(inside: str) -> bool:
    try:
        parse_placeholder(inside)
    except ExpressionInvalid:
        return True
    return False


UNREADABLE = st.one_of(
    st.sampled_from(("{{ }", "{{", "{{ 1 + }}", "{{ }}", "{{}}", "{{ a b }}", "{{ a | nope }}", "{{ a | upper(1) }}", "{{ a } }}", '{{ a | default("x }}')),
    st.text("ab.| 1+-()[]x", max_size=12).filter(_is_unreadable).map(lambda inside: f"{{{{{inside}}}}}"),
    st.text("ab.| 1", max_size=8).map(lambda inside: "{{" + inside),
)  # fmt: skip


@given(
    st.sampled_from(("", "Hi ", "{{ a }} ")), UNREADABLE, st.sampled_from(("keep", "empty")), st.booleans()
)
def test_a_placeholder_that_cannot_be_read_stays_as_written_and_is_reported(
    before: str, broken: str, missing: Literal["keep", "empty"], escape_html: bool
) -> None:
    rendered = render(before + broken, {"a": "A"}, now=NOW, missing=missing, escape_html=escape_html)
    assert rendered.text == before.replace("{{ a }}", "A") + broken
    assert rendered.unresolved == (broken,)
    assert len(parse_template(before + broken).problems) == 1

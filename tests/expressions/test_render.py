"""Templates: what is filled in, what stays and is reported, and what is refused."""

import time
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from atlas_workflows.errors import ExpressionInvalid, ExpressionTooLarge
from atlas_workflows.expressions import limits
from atlas_workflows.expressions.paths import MISSING
from atlas_workflows.expressions.templates import check_template, parse_template, references, render, resolve

NOW = datetime(2026, 3, 29, 12, tzinfo=UTC)
SCOPE: dict[str, Any] = {
    "contact": {
        "first_name": "Zoë",
        "blank": "  ",
        "nothing": None,
        "score": 12345678901234567890123,
        "price": Decimal("1.10"),
        "vip": True,
        "tags": ["a", "b"],
        "goals": [{"name": "run"}],
        "joined": "2026-01-05",
        "seen": "2026-03-29T10:05:00Z",
        "Gym name": "Harbour",
    },
    "items": {"0": "zero"},
}


def text(template: str, **more: Any) -> str:
    return render(template, SCOPE, now=NOW, **more).text


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("", ""),
        ("no variables { } }} {", "no variables { } }} {"),
        ("Hi {{ contact.first_name }}!", "Hi Zoë!"),
        ("Hi {{lead.first_name}}{{client.first_name}}", "Hi ZoëZoë"),
        ('{{ contact.nothing | default("there") }}', "there"),
        ('{{ contact.blank | default("there") }}', "there"),
        ("{{ contact.nobody.at.all | default('there') | upper }}", "THERE"),
        ("{{ contact.score }} {{ contact.price }} {{ contact.vip }}", "12345678901234567890123 1.10 true"),
        ("{{ contact.tags }} {{ contact.tags[1] }} {{ contact.tags.length }}", "a, b b 2"),
        ("{{ contact.goals[0].name }} {{ contact.goals }}", 'run {"name":"run"}'),
        ('{{ contact["Gym name"] }}', "Harbour"),
        ("{{ items.0 }}", "zero"),
        ("{{ contact.² | default('x') }}{{ contact['٣'] | default('y') }}", "xy"),
        ("{{ contact.first_name | upper }}{{ contact.first_name | lower }}", "ZOËzoë"),
        ('{{ "ann MARY o\'neil" | title }}', "Ann Mary O'neil"),
        ("{{ contact.joined | date }} {{ contact.joined | date('%a %-d/%-m/%y') }}", "5 January 2026 Mon 5/1/26"),
        ('{{ contact.seen | date("time") }} {{ contact.seen | date("%I:%M %p") }}', "10:05 10:05 AM"),
        ('{{ "soon" | date }}', "soon"),
        ("{{ now | date('iso') }}", "2026-03-29"),
        ("{{ contact.score | number }}", "12,345,678,901,234,567,890,123"),
        ("{{ contact.price | round(1) }} {{ '2.345' | number(2) }} {{ 'x' | round }}", "1.1 2.35 x"),
        ('{{ "abcdef" | truncate(4) }}{{ "abc" | truncate(4) }}', "abc…abc"),
        ('{{ contact.tags | join(" + ") }} {{ contact.tags | first }} {{ contact.tags | last }}', "a + b a b"),
        ('{{ "<b>" | escape }}{{ " x " | trim }}{{ "abc" | length }}', "&lt;b&gt;x3"),
        ('{{ contact.goals | json }}{{ "{{" }}', '[{"name":"run"}]{{'),
        ('{{ "say \\"}}\\"" }}', 'say "}}"'),
    ],
)  # fmt: skip
def test_filled_in(template: str, expected: str) -> None:
    assert text(template) == expected
    assert render(template, SCOPE, now=NOW).unresolved == ()


def test_times_are_written_in_the_zone() -> None:
    assert text("{{ contact.seen | date('datetime') }}", timezone="Europe/London") == "29 March 2026, 11:05"
    assert text("{{ now }}", timezone="Europe/London") == "2026-03-29T13:00:00+01:00"


def test_what_has_no_value_stays_and_is_reported_once() -> None:
    rendered = render("{{ contact.x }} {{contact.x}} {{ contact.nothing }} {{#if y}}", SCOPE, now=NOW)
    assert rendered.text == "{{ contact.x }} {{contact.x}} {{ contact.nothing }} {{#if y}}"
    assert rendered.unresolved == ("contact.x", "contact.nothing", "{{#if y}}")
    assert text("a{{ contact.x }}b", missing="empty") == "ab"


def test_positions_are_those_given() -> None:
    assert text("{{1}}, {{ 2 | upper }}", positional=["{{ contact.score }}", "b"]) == "{{ contact.score }}, B"
    assert render("{{3}}{{0}}", SCOPE, now=NOW, positional=["a"]).unresolved == ("3",)


def test_html_is_escaped_where_asked() -> None:
    scope = {"contact": {"name": "<i>Tom & Co</i>"}}
    rendered = render("<p>{{ contact.name }}</p>", scope, now=NOW, escape_html=True)
    assert rendered.text == "<p>&lt;i&gt;Tom &amp; Co&lt;/i&gt;</p>"


def test_a_single_placeholder_keeps_its_type() -> None:
    def value(template: str) -> Any:
        return resolve(template, SCOPE, now=NOW)

    assert value("{{ contact.score }}") == 12345678901234567890123
    assert value(" {{ contact.tags }} ") == ["a", "b"]
    assert value("{{ contact.x }}") is MISSING
    assert value("x{{ contact.x }}") == "x"
    assert value("plain") == "plain"


def test_references_are_the_paths_read() -> None:
    template = (
        "{{ lead.name | default('x') }} {{1}} {{ contact.tags[0] }} {{ 'text' }} {{ lead.name }} {{ ? }}"
    )
    assert references(template) == ("contact.name", "1", "contact.tags[0]")


@pytest.mark.parametrize(
    "template",
    ["{{ }}", "{{ a b }}", "{{ a | }}", "{{ a | shout }}", "{{ a | default }}", "{{ a | truncate('x') }}",
     "{{ a | upper(1) }}", "{{ a.(b) }}", "{{ a | default(b) }}", "{{ a || 'x' }}", "{{ a | round(true) }}"],
)  # fmt: skip
def test_what_cannot_be_read_is_a_problem_with_a_place(template: str) -> None:
    assert len(parse_template(template).problems) == 1
    with pytest.raises(ExpressionInvalid):
        check_template(template)


@pytest.mark.parametrize(
    ("template", "limit"),
    [
        ("x" * 1_048_576, "MAX_TEMPLATE_CHARACTERS"),
        ("{{ a }}" * (limits.MAX_PLACEHOLDERS + 1), "MAX_PLACEHOLDERS"),
        ("{{ " + "a" * 2_000 + " }}", "MAX_PLACEHOLDER_CHARACTERS"),
        ("{{ a" + " | trim" * 11 + " }}", "MAX_FILTERS"),
        ("{{ a" + ".a" * 16 + " }}", "MAX_PATH_SEGMENTS"),
        ("{{ a[100000] }}", "MAX_INDEX"),
    ],
)
def test_limits_are_named(template: str, limit: str) -> None:
    with pytest.raises(ExpressionTooLarge) as refusal:
        render(template, {}, now=NOW)
    assert limit in refusal.value.fact


def test_output_is_bounded() -> None:
    scope = {"a": "x" * 100_000}
    with pytest.raises(ExpressionTooLarge, match="MAX_OUTPUT_CHARACTERS"):
        render("{{ a | upper }}" * 500, scope, now=NOW)


@pytest.mark.parametrize(
    "hostile",
    [
        "{{" * 200_000,
        "{{ a" * 100_000,
        "{{'" * 150_000,
        '{{ a | default("' * 30_000,
        "{{ a " + "\\" * 400_000,
    ],
)
def test_hostile_texts_are_done_with_at_once(hostile: str) -> None:
    started = time.process_time()
    with suppress(ExpressionTooLarge):
        render(hostile, {}, now=NOW)
    assert time.process_time() - started < 2


def test_dates_at_the_ends_of_time_do_not_fail() -> None:
    scope = {"a": date.min, "b": "9999-12-31T23:59:59-12:00", "c": date.max}
    rendered = render("{{ a | date }}|{{ b | date }}|{{ c | date }}", scope, now=NOW, timezone="Pacific/Apia")
    assert rendered.text.endswith("31 December 9999")

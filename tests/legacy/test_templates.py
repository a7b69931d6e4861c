"""Legacy texts: every syntax for a variable, and everything that only looks like one."""

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas_workflows.expressions.templates import parse_template, render
from atlas_workflows.legacy.actions.templates import translate_template

FIRST = '{{ contact.first_name | default("there") }}'
NAME = '{{ contact.name | default("there") }}'


def translated(text: str, channel: str = "email", **more: object) -> str:
    return translate_template(text, channel=channel, path="p", **more)[0]  # type: ignore[arg-type]


def codes(text: str, channel: str = "email") -> list[str]:
    return [reason.code.value for reason in translate_template(text, channel=channel, path="p")[1]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{firstName}}", FIRST),
        ("{{first_name}}", FIRST),
        ("{{ name }}", NAME),
        ("{{lead.name}}", NAME),
        ("{{contact.firstName}}", FIRST),
        ("{{client.first_name}}", FIRST),
        ("{{lead_name}}", NAME),
        ("{{source}}", '{{ contact.source | default("unknown") }}'),
        ("{{lead.lastName}}", "{{ contact.last_name }}"),
        ("{{trigger.email}}", "{{ trigger.email }}"),
        ("{{trigger.formData.Email}}", "{{ trigger.formData.Email }}"),
        ("{{trigger.items[0].x}}", "{{ trigger.items[0].x }}"),
        ("{{organization.name}}", "{{ organization.name }}"),
        ("{{organizationName}} {{organization_name}} {{gym_name}}", "{{ organization.name }} " * 2 + "{{ organization.name }}"),
        ("{{user.first_name}}", "{{ user.first_name }}"),
        ("{{appointment.only_start_time}}", "{{ appointment.only_start_time }}"),
        ("{{class_name}}", "{{ appointment.class_name }}"),
        ("{{currentDate}}", "{{ now | date }}"),
        ("Hi {name}, {first_name}!", f"Hi {NAME}, {FIRST}!"),
        ("{lead.email}", "{{ contact.email }}"),
        ("{{ lead.name | upper }}", "{{ contact.name | upper }}"),
    ],
)  # fmt: skip
def test_every_syntax(text: str, expected: str) -> None:
    assert translated(text) == expected
    assert parse_template(expected).problems == ()


def test_square_brackets_are_variables_in_sms_only() -> None:
    text = "Hi [first_name] from [organization_name] [1] [x] [link](http://x) [name](y)"
    assert (
        translated(text, "sms")
        == f"Hi {FIRST} from {{{{ organization.name }}}} [1] [x] [link](http://x) [name](y)"
    )
    assert translated(text, "email") == text


def test_positions_belong_to_whatsapp() -> None:
    assert translate_template("{{1}} {{ 2 }}", channel="whatsapp", path="p") == ("{{1}} {{ 2 }}", (), ())
    assert codes("{{1}}") == ["TEMPLATE_POSITION_UNUSED"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<style>p {color: red} a{b}</style>",
        "body { margin: 0 } .name{x}",
        '{"name": {"id": 1}} {status} {id}',
        "${name} \\{name} {{name",
        "[1] [x]",
        "{0} {name } { name}",
        "function f() {return name}",
    ],
)
def test_what_only_looks_like_a_variable_stays(text: str) -> None:
    assert translate_template(text, channel="email", path="p") == (text, (), ())


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{{favouriteColour}}", "TEMPLATE_VARIABLE_UNKNOWN"),
        ("{{items[0].x}}", "TEMPLATE_VARIABLE_UNKNOWN"),
        ("{{#if vip}}", "TEMPLATE_SYNTAX_UNKNOWN"),
        ("{{ name || 'friend' }}", "TEMPLATE_SYNTAX_UNKNOWN"),
        ("{{}}", "TEMPLATE_SYNTAX_UNKNOWN"),
    ],
)
def test_unknown_ones_stay_and_are_reported(text: str, code: str) -> None:
    assert translated(f"a {text} b") == f"a {text} b"
    assert codes(text) == [code]


@pytest.mark.parametrize("text", ["{{favouriteColour}}", "{{items[0].x}}", "{{1}}"])
def test_what_was_sent_as_written_and_is_left_out_now_changes_the_message(text: str) -> None:
    written, _, changes = translate_template(f"Hi {text} {{{{firstName}}}}!", channel="email", path="p")
    assert [(change.code.value, change.before, change.after) for change in changes] == [
        ("PLACEHOLDER_LEFT_EMPTY", text, "")
    ]
    rendered = render(
        written, {"contact": {"first_name": "Ana"}}, now=datetime(2026, 3, 27, tzinfo=UTC), missing="empty"
    )
    assert rendered.text == "Hi  Ana!"


@pytest.mark.parametrize(
    ("text", "channel"),
    [("{{firstName}} {{contact.loyalty}} {{trigger.x}} {{organization.motto}}", "email"), ("{{1}}", "whatsapp"),
     ("{{#if vip}} {{}} {{ name || 'friend' }}", "email"), ("{manager_name}", "email"), ("[trainer_name]", "sms")],
)  # fmt: skip
def test_what_may_find_a_value_or_still_is_sent_as_written_changes_nothing(text: str, channel: str) -> None:
    assert translate_template(text, channel=channel, path="p")[2] == ()


@pytest.mark.parametrize("text", ["{{#if vip}}", "{{}}", "{{ name || 'friend' }}", "{{ name"])
def test_what_cannot_be_read_is_still_sent_as_written(text: str) -> None:
    written = translated(f"Hi {text}", "email")
    assert render(written, {}, now=datetime(2026, 3, 27, tzinfo=UTC), missing="empty").text == f"Hi {text}"


def test_brackets_with_an_underscore_were_meant_as_variables() -> None:
    text = "Ask [trainer_name] or {manager_name}, [x] {y}"
    assert translated(text, "sms") == text
    assert codes(text, "sms") == ["TEMPLATE_VARIABLE_UNKNOWN"] * 2
    assert codes(text, "email") == ["TEMPLATE_VARIABLE_UNKNOWN"]


def test_reports_carry_the_path_and_are_bounded() -> None:
    _, reasons, _ = translate_template(
        "".join(f"{{{{v{n}}}}}" for n in range(500)), channel="email", path="nodes[0].body"
    )
    assert {reason.field for reason in reasons} == {"nodes[0].body"}
    assert len(reasons) == 50


def test_a_date_says_that_it_is_written_differently() -> None:
    assert codes("{{currentDate}}") == ["TEMPLATE_DATE_FORMAT"]


def test_the_workflows_own_variables_win() -> None:
    own = frozenset({"gym_name", "Opening hours", "offer"})
    text = "{{gym_name}} {{Opening hours}} {offer} {{offer.price}}"
    assert translated(text, variables=own) == (
        '{{ variables.gym_name }} {{ variables["Opening hours"] }} {{ variables.offer }} {{ variables.offer.price }}'
    )


def test_an_engine_that_filled_in_whole_texts_only() -> None:
    _, _, changes = translate_template("Hi {{name}}", channel="email", path="p", engine="queue")
    assert [change.code.value for change in changes] == ["TEXT_WAS_NOT_FILLED"]
    assert translate_template(" {{name}} ", channel="email", path="p", engine="queue")[2] == ()
    assert translate_template("Hi {{name}}", channel="email", path="p", engine="label")[2] == ()


def test_ten_megabytes_pass_quickly_and_say_so() -> None:
    body = "Hi {{name}} " + "data:image/png;base64," + "iVBORw0KGgo" * 950_000
    started = time.process_time()
    text, reasons, _ = translate_template(body, channel="email", path="p")
    assert time.process_time() - started < 3
    assert text.startswith(f"Hi {NAME}")
    assert [reason.code.value for reason in reasons] == ["TEMPLATE_TOO_LARGE"]


SNIPPETS = st.text(max_size=8) | st.sampled_from(
    ("{{", "}}", "{{name}}", "{name}", "[name]", "{{1}}", "{{a.b}}", '{{ lead.name | default("x") }}', "{{ '{{' }}", "\\")
)  # fmt: skip


@given(st.lists(SNIPPETS, max_size=8).map("".join), st.sampled_from(("email", "sms", "whatsapp", "other")))
def test_translating_twice_changes_nothing_more(text: str, channel: str) -> None:
    once = translated(text, channel)
    assert translated(once, channel) == once


@given(st.text(alphabet="abc <>=\"'/;:#", max_size=40), st.sampled_from(("email", "sms")))
def test_text_without_brackets_is_untouched(text: str, channel: str) -> None:
    assert translate_template(text, channel=channel, path="p") == (text, (), ())


@given(st.text(max_size=20).filter(lambda value: value.strip() != ""))
def test_a_translated_text_renders_what_legacy_rendered(name: str) -> None:
    rendered = render(
        translated("Hi {{firstName}}, {{ lead.email }}"),
        {"contact": {"first_name": name}},
        now=datetime(2026, 3, 29, tzinfo=UTC),
    )
    assert rendered.text == f"Hi {name}, {{{{ contact.email }}}}"
    assert rendered.unresolved == ("contact.email",)

"""No digit is lost on the way through exact_json."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas_workflows.errors import InvalidJson
from atlas_workflows.exact_json import dumps, dumps_text, loads, loads_unambiguous

numbers = st.integers() | st.decimals(allow_nan=False, allow_infinity=False)
documents = st.recursive(
    st.none() | st.booleans() | numbers | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=20,
)


@given(documents)
def test_any_value_survives(document: Any) -> None:
    assert loads(dumps(document)) == document


@given(st.text(alphabet="0123456789", min_size=1, max_size=40), st.text(alphabet="0123456789", max_size=40))
def test_digits_are_kept_as_written(whole: str, fraction: str) -> None:
    number = (whole.lstrip("0") or "0") + (f".{fraction}" if fraction else "")
    assert dumps_text(loads(f'{{"n":{number}}}')) == f'{{"n":{number}}}'


@pytest.mark.parametrize(
    "text", ["12345678901234567890123", "-12345678901234567890123", "1.10", "-0.0", "18446744073709551616"]
)
def test_numbers_that_orjson_alone_changes(text: str) -> None:
    assert dumps_text(loads(text)) == text


def test_exponents_keep_their_value() -> None:
    assert loads("1e400") == Decimal("1e400")
    assert loads(dumps_text(loads("1e400"))) == Decimal("1e400")


def test_lone_surrogates_survive() -> None:
    assert loads(dumps(loads('"\\ud800x"'))) == "\ud800x"


@pytest.mark.parametrize("text", ["", "NaN", "[1,]", "Infinity", "{'a':1}", "[1.5,NaN]", b"\xff"])
def test_what_is_not_json_is_refused(text: str | bytes) -> None:
    with pytest.raises(InvalidJson):
        loads(text)


def test_absurd_nesting_is_refused_not_crashed() -> None:
    with pytest.raises(InvalidJson):
        loads("[" * 200_000 + "1.5")


def test_a_number_too_long_to_be_read_is_said_in_plain_words() -> None:
    with pytest.raises(InvalidJson) as refused:
        loads('{"x": ' + "9" * 5_000 + "}")
    assert refused.value.fact == "A number in the JSON has more than 4,300 digits."


@pytest.mark.parametrize("text", ['{"a": 1, "a": 1}', '[{"b": {"a": 1, "\\u0061": 2}}]'])
def test_a_key_that_stands_twice_is_refused_where_a_person_wrote_it(text: str) -> None:
    with pytest.raises(InvalidJson, match="'a' stands twice"):
        loads_unambiguous(text)
    assert loads_unambiguous('{"a": {"b": 1.10}, "b": [{"a": 1}, {"a": 2}]}') == loads(
        '{"a": {"b": 1.10}, "b": [{"a": 1}, {"a": 2}]}'
    )

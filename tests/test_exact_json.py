"""No digit is lost on the way through exact_json."""

import json
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas_workflows.errors import InvalidJson
from atlas_workflows.exact_json import (
    dumps,
    dumps_text,
    is_deeper,
    loads,
    loads_foreign,
    loads_unambiguous,
)
from atlas_workflows.integrations.webhooks.call import read_json

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


@pytest.mark.parametrize(
    "text",
    [
        "[1e5000]",
        '{"a": 1E+1001}',
        "[0.1e-1001]",
        "[1e99999999999999999999999999]",
        '{"b": "\\ud800", "a": [1e131071]}',
    ],
)
@pytest.mark.parametrize("read", [loads_foreign, loads_unambiguous, read_json])
def test_a_number_from_outside_stays_within_bounds(read: Callable[[Any], Any], text: str) -> None:
    for sent in (text.encode(), text.encode("utf-16")):
        with pytest.raises(InvalidJson) as refused:
            read(sent)
        assert refused.value.remedy
    assert read(b"[1e1000, 1E-1000]") == [Decimal("1e1000"), Decimal("1e-1000")]


def test_an_exponent_beyond_decimal_is_refused_wherever_it_stands() -> None:
    with pytest.raises(InvalidJson):
        loads("[1e99999999999999999999999999]")


JSON_TEXTS = st.recursive(
    st.text('\\"[]{}n', max_size=5), lambda inner: st.lists(inner, max_size=3), max_leaves=30
)


@given(JSON_TEXTS, st.integers(0, 6))
def test_depth_is_of_brackets_outside_strings(value: Any, most: int) -> None:
    def depth(found: Any) -> int:
        return 1 + max(map(depth, found), default=0) if isinstance(found, list) else 0

    assert is_deeper(json.dumps(value).encode(), most) == (depth(value) > most)


def test_depth_is_looked_at_in_linear_time() -> None:
    began = time.process_time()
    for part in (b'\\"', b"\\\\", b'"[', b'"\\', b'\\\\"'):
        is_deeper(b'["' + part * 1_000_000 + b"[" * 65, 64)
    assert time.process_time() - began < 10

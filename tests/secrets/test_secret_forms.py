"""Which names and values are secrets: the vendors' public forms, those a kept library knows, and the names people give."""

import json
from itertools import pairwise
from typing import Any

import pytest
from detect_secrets.plugins.base import RegexBasedDetector

from atlas_workflows.secrets.detection import holds_secret, is_secret_name, may_hold_secret
from atlas_workflows.secrets.masking import hide_secrets, looks_secret, mask
from secret_examples import FORMS, LIBRARY, NAMES

NO_NAMES = (
    "maxTokens", "token_count", "keyword", "monkey", "tags", "author", "passengers", "keys", "compass", "bypass", "shipping", "laptop", "spinning", "authority",
    "secretary", "passage", "pinned", "token_type", "authorName", "access_level", "code", "email_signature", "key", "name", "triggerKey", "opinion", "mapping", "",
)  # fmt: skip


@pytest.mark.parametrize("value", FORMS)
def test_a_vendors_token_is_known_wherever_it_stands(value: str) -> None:
    for text in (value, f"see {value} here", f"<{value}>", f"a\n{value}\tb"):
        assert looks_secret(text), text
        assert may_hold_secret(json.dumps({"note": text}).encode()), text
        assert value.strip()[:24] not in hide_secrets(text) or "•••" in hide_secrets(text)
    assert holds_secret({"deep": [value]})
    assert holds_secret({value: 1})


@pytest.mark.parametrize("detector", LIBRARY, ids=lambda detector: detector.__name__)
def test_what_the_kept_library_finds_is_found_here_too(detector: Any) -> None:
    example = LIBRARY[detector]
    assert any(pattern.search(example) for pattern in detector.denylist)
    assert looks_secret(example)
    assert may_hold_secret(json.dumps([example]).encode())


def test_no_detector_of_the_library_is_left_out() -> None:
    known = {
        kind for kind in RegexBasedDetector.__subclasses__() if kind.__module__.startswith("detect_secrets.")
    }
    assert {kind.__name__ for kind in known - set(LIBRARY)} <= {"IPPublicDetector"}


@pytest.mark.parametrize("name", NAMES)
def test_names_are_compared_folded(name: str) -> None:
    assert is_secret_name(name)
    assert may_hold_secret(json.dumps({name: "x"}).encode())
    for value in ({name: "hunter22"}, {name: {"value": "hunter22"}}, {"header": name, "value": "hunter22"}, [{"key": name, "default": "hunter22"}], [name, "hunter22"]):  # fmt: skip
        assert holds_secret(value), value
        assert may_hold_secret(json.dumps(value).encode())


@pytest.mark.parametrize("name", NO_NAMES)
def test_what_only_sounds_like_a_secret_is_none(name: str) -> None:
    assert not is_secret_name(name)
    assert not holds_secret({name: "word", "label": name, "value": "word"})


@pytest.mark.parametrize(
    "value",
    [
        {"auth": "none"}, {"authorization": "Bearer {{ variables.token }}"}, {"auth": {"type": "basic"}}, {"token": "{{token}}"}, {"password": True},
        {"apiKey": {"type": "string"}}, {"text": "const token = await getToken()"}, {"text": "token = response.data.token"}, {"text": "Your password: Bella"},
        {"text": "sales team of basic training, re: your visit"}, {"pin": 0}, {"url": "https://a.example/a?b=c&page=2"},
    ],
)  # fmt: skip
def test_a_kind_a_placeholder_or_a_word_is_no_secret(value: Any) -> None:
    assert not holds_secret(value)


def test_what_stands_in_credentials_is_secret_whatever_it_is_called() -> None:
    assert holds_secret({"credentials": {"user": "ana"}})
    assert holds_secret({"secrets": {"deep": {"stripe": 123456}}})


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("write to bob%40gym.com now", "bob"), ('"john smith"@gym.com said', "john"), ("bob&#64;gym.com", "bob"), ("mail?to=ana.b%40gym.example&x=1", "ana"),
        ("call07700900123now", "7700"), ("tel:+447700900123", "7700"), ("Phone:5551234567", "1234"), ("lead07700900123x", "7700"), ("whatsapp:447700900123", "7700"),
        ("Key (phone)=(447700900123) exists", "7700"), ("contact 5551234567 bounced", "1234"), ("member_+447700900123", "7700"),
    ],
)  # fmt: skip
def test_addresses_and_numbers_however_they_are_glued(text: str, hidden: str) -> None:
    assert hidden not in mask(text)
    assert "•••" in mask(text)


@pytest.mark.parametrize(
    "text",
    [
        "value 3000000000 is out of range for integer", 'value "2147483648" is out of range', "took 1234567890 ms", "ratio 0.123456789", "host 192.168.100.200:5432",
        "Key (id)=(12345678901) exists", "500 20000 1234", "rows 120000 130000", "commit deadbeef0123456789ab", "id 22222222-2222-4222-8222-222222222222",
        "epoch 1700000000000", "lsn 0/16B3748", "12345678901234567890 rows", "10 of 1234567890 rows", "1073741824 bytes", "2026-01-02 12:30:00.123456+00",
    ],
)  # fmt: skip
def test_an_ordinary_number_of_an_error_stays(text: str) -> None:
    assert mask(text) == text


def test_forms_do_not_hide_what_stands_between_them() -> None:
    first, second = FORMS[0], FORMS[60]
    hidden = hide_secrets(f"use {first} or {second}.")
    assert hidden == "use ••• or •••."
    assert all(one != other for one, other in pairwise(FORMS))

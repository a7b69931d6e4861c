"""Secrets: found by name and by looks, replaced by references, sealed, hashed, and never shown."""

import time
from typing import Any

import pytest
from cryptography.fernet import Fernet
from hypothesis import given, settings
from hypothesis import strategies as st
from legacy_rows import action_node, chain, codes, edge, record, translated, trigger_node

from atlas_workflows.errors import ConfigurationError
from atlas_workflows.exact_json import dumps_text
from atlas_workflows.graph.codec import to_json
from atlas_workflows.legacy.graph.rows import workflow_rows
from atlas_workflows.legacy.secret_values import original_holds_secret
from atlas_workflows.legacy.translate import translate, translate_or_raise
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.secrets.detection import is_secret_name, may_hold_secret
from atlas_workflows.secrets.masking import hint, looks_secret, mask, mask_values
from atlas_workflows.secrets.sealing import Sealer

STRIPE = "sk_live_4eC39HqLyjWDarjtT1zdp7dc"
VALUES = [
    STRIPE, "whsec_abcdefghijklmnop", "Bearer abcdefgh12345678", "AC" + "0" * 32, "xoxb-123456789012-abcdef", "ghp_" + "a" * 36,
    "AKIAIOSFODNN7EXAMPLE", "https://user:pass@a.example/x", "https://a.example/hook?token=abcdef123456", "Basic dXNlcjpwYXNzd29yZA==",
    "https://hooks.slack.com/services/T000/B000/XXXXXXXXXXXX", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcdefghijk",
    "-----BEGIN RSA PRIVATE KEY-----", "AIza" + "b" * 35, "re_AbCdEfGh_1234567890abcdefghijkl", "sk-proj-abc_DEF-1234567890abcdef",
    "sk-ant-api03-abcdefghij_klmnop", "Basic  dXNlcjpwYXNzd29yZA==", "redis://:hunter22@a.example/0",
]  # fmt: skip
NAMES = [
    "secret",
    "webhookSecret",
    "token",
    "api_key",
    "apiKey",
    "password",
    "authorization",
    "smtp_password",
    "client_secret",
    "x-api-key",
    "accessToken",
]
HARMLESS = ["maxTokens", "token_count", "keyword", "monkey", "tags", "author", "passengers", "keys"]


@pytest.mark.parametrize("value", VALUES)
def test_what_looks_like_a_secret_is_taken_out_of_any_setting(value: str) -> None:
    translation = translated(
        action_node("http_request", url="https://a.example", note=value, body={"deep": [value]})
    )
    assert value not in dumps_text(to_json(translation.workflow)) if translation.workflow else False
    assert {secret.value for secret in translation.secrets} == {value}
    assert translation.holds_secret
    assert "SECRET_SEALED" in codes(translation)


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("before", ["", "\n", "\t", "see "])
def test_the_quick_look_at_raw_text_misses_nothing_that_looks_like_a_secret(before: str, value: str) -> None:
    assert looks_secret(before + value)
    assert may_hold_secret(dumps_text({"note": before + value}).encode())


@pytest.mark.parametrize("name", NAMES)
def test_what_is_called_a_secret_is_one(name: str) -> None:
    assert is_secret_name(name)
    translation = translated(action_node("send_webhook", url="https://a.example", **{name: "hunter22"}))
    assert [secret.value for secret in translation.secrets] == ["hunter22"]


@pytest.mark.parametrize("name", HARMLESS)
def test_what_only_sounds_like_one_stays(name: str) -> None:
    assert not is_secret_name(name)
    assert translated(action_node("send_sms", message="x", **{name: "value"})).secrets == ()


def test_a_placeholder_or_a_flag_is_no_secret() -> None:
    assert (
        translated(
            action_node(
                "send_webhook",
                url="https://a.example",
                token="{{variables.token}}",
                password=True,
                auth="none",
            )
        ).secrets
        == ()
    )


def test_a_sealed_text_with_placeholders_waits_for_a_signature() -> None:
    node = action_node("http_request", url="https://a.example/x?auth_token=abc12345&to={{lead.email}}")
    translation = translated(node)
    assert ["{{" in secret.value for secret in translation.secrets] == [True]
    assert "SECRET_HOLDS_PLACEHOLDER" in {change.code for change in translation.changes}


def test_headers_listed_as_pairs() -> None:
    node = action_node(
        "http_request", url="https://a.example", headers=[{"key": "Authorization", "value": "abcd1234"}]
    )
    assert [secret.value for secret in translated(node).secrets] == ["abcd1234"]


@pytest.mark.parametrize(
    "variable",
    [{"name": "plain", "value": "hush-hush", "isSecret": True}, {"name": "plain", "default_value": "hush-hush", "is_sensitive": "yes"}, {"name": "apiKey", "value": "hush-hush"}],
)  # fmt: skip
def test_secrets_in_variables(variable: dict[str, Any]) -> None:
    translation = translated(action_node("send_sms", message="x"), variables=[variable])
    assert translation.workflow is not None
    found = translation.workflow.variables[0]
    assert found.secret
    assert list(found.default) == ["$secret"]
    assert [secret.value for secret in translation.secrets] == ["hush-hush"]
    assert "hush-hush" not in repr(translation)


@pytest.mark.parametrize(
    ("variable", "hidden"),
    [
        ({"name": "stripe", "value": STRIPE}, STRIPE),
        (
            {"name": "mail", "type": "object", "value": {"host": "a.example", "password": "hunter22"}},
            "hunter22",
        ),
        ({"name": "plain", "value": "x", "description": f"beside {STRIPE}"}, STRIPE),
        ({"name": "plain", "value": "x", "note": STRIPE}, STRIPE),
    ],
)
def test_a_variable_that_nobody_marked_as_secret_may_still_hold_one(
    variable: dict[str, Any], hidden: str
) -> None:
    legacy = chain(action_node("send_sms", message="x"), variables=[variable])
    translation = translate(legacy, catalogue=load_catalogue())
    assert hidden not in dumps_text(workflow_rows(legacy, translation))
    assert any(hidden in secret.value for secret in translation.secrets)
    assert "DEFINITION_INVALID" not in codes(translation)
    assert translation.workflow is not None
    assert translation.workflow.variables[0].secret == (variable["value"] == hidden)


def test_a_variables_description_quotes_no_setting_under_a_secrets_name() -> None:
    variable = {"name": "plain", "value": "x", "apiKey": "opensesame", "odd": "kept"}
    translation = translated(action_node("send_sms", message="x"), variables=[variable])
    assert translation.workflow is not None
    assert translation.workflow.variables[0].description == "(odd: kept)"
    assert translation.holds_secret  # so the original, which has it all, is sealed


def test_tags_hide_secrets_that_stand_in_them() -> None:
    translation = translated(action_node("send_sms", message="x"), tags=["vip", STRIPE])
    assert translation.workflow is not None
    assert "vip" in translation.workflow.tags
    assert STRIPE not in translation.workflow.tags


def test_names_and_descriptions_hide_secrets_that_stand_in_them() -> None:
    translation = translated(
        action_node("send_sms", message="x"), name=f"Call {STRIPE}", description=f"uses {STRIPE}"
    )
    assert translation.workflow is not None
    assert STRIPE not in translation.workflow.name + translation.workflow.description
    assert len(translation.secrets) == 2


def test_neither_reasons_nor_changes_show_a_secret() -> None:
    node = action_node("calculate_value", expression=f"={STRIPE}", x=STRIPE)
    translation = translated(node, trigger_config={"conditions": [{"field": "a", "operator": STRIPE}]})
    assert STRIPE not in repr(translation.reasons) + repr(translation.changes) + repr(translation.secrets)


def test_a_secret_in_a_graph_that_lost_still_makes_the_original_sealed() -> None:
    loser = {"nodes": [action_node("send_webhook", url="https://a.example", secret="hunter22")], "edges": []}
    translation = translate_or_raise(
        record(
            nodes=[trigger_node(), action_node("send_sms", message="x")],
            edges=[edge("t", "a")],
            workflow_data=loser,
        )
    )
    assert translation.secrets == ()
    assert translation.holds_secret
    assert original_holds_secret({"trigger_config": '{"secret": "hunter22"}'})
    assert not original_holds_secret({"trigger_config": '{"secretary": "Ann", "maxTokens": 5}'})


def test_ids_of_secrets_depend_on_row_and_place_only() -> None:
    node = action_node("send_webhook", url="https://a.example", secret="one")
    again = action_node("send_webhook", url="https://a.example", secret="another")
    assert [s.id for s in translated(node).secrets] == [s.id for s in translated(again).secrets]


def test_a_quarantined_row_that_could_hold_a_secret_is_sealed() -> None:
    assert translate(record(organization=None, trigger_config={"secret": "x"})).holds_secret


KEYS = tuple(Fernet.generate_key().decode() for _ in range(3))


@settings(max_examples=50, deadline=None)
@given(st.text())
def test_sealing_gives_back_any_text(text: str) -> None:
    sealer = Sealer(KEYS[:1])
    assert sealer.unseal(sealer.seal(text)) == text
    assert sealer.unseal(sealer.seal("half \ud800 pair")) == "half \ud800 pair"


def test_rotation_keeps_old_seals_and_all_hashes() -> None:
    before, after = Sealer(KEYS[:1]), Sealer((KEYS[1], KEYS[0]))
    sealed = before.seal("secret")
    assert after.unseal(sealed) == "secret"
    rotated = after.rotate(sealed)
    assert Sealer((KEYS[1],)).unseal(rotated) == "secret"
    assert (
        before.hmac("content") == after.hmac("content") == Sealer((KEYS[2], KEYS[1], KEYS[0])).hmac("content")
    )
    assert before.hmac("content") != Sealer(KEYS[1:2]).hmac("content")
    assert (before.key_id == after.key_id, before.identity_id == after.identity_id) == (False, True)
    assert before.hmac("content").startswith("hmac:")


def test_a_missing_or_wrong_key_says_what_to_do() -> None:
    for keys in ((), ("short",)):
        with pytest.raises(ConfigurationError, match="ATLAS_SECRET_KEYS"):
            Sealer(keys)
    sealed = Sealer(KEYS[:1]).seal("secret")
    with pytest.raises(ConfigurationError, match="No key in force"):
        Sealer(KEYS[1:2]).unseal(sealed)
    with pytest.raises(ConfigurationError, match="No key in force"):
        Sealer(KEYS[1:2]).rotate(sealed)


@pytest.mark.parametrize(
    ("text", "hidden", "kept"),
    [
        ("write to bob.smith@example.co.uk now", "bob.smith", "write to"), ("call +44 7700 900123", "7700 900", "call"),
        ("call 07700900123 today", "7700900", "today"), (f"key {STRIPE}", STRIPE, "key"), ("no secrets, 42 apples", "nothing", "42 apples"),
        ("at 2026-01-02 12:30:00", "nothing", "2026-01-02 12:30:00"), ("id 22222222-2222-4222-8222-222222222222", "nothing", "22222222-2222-4222-8222-222222222222"),
    ],
)  # fmt: skip
def test_masking(text: str, hidden: str, kept: str) -> None:
    assert hidden not in mask(text)
    assert kept in mask(text)
    assert mask_values({"a": [text, 5, None]}) == {"a": [mask(text), 5, None]}


@pytest.mark.parametrize(
    "number",
    [
        "(555) 123-4567",
        "+1 (555) 123-4567",
        "+44 (0)20 7946 0958",
        "0171/1234567",
        "+44\u20117700\u2011900123",
        "07700 900123",
    ],
)
@pytest.mark.parametrize(
    "text", ["{}", "call {} now", "on 2024-01-15 {}", "{} on 2024-01-15", "2024-01-15T10:00:00Z, {}"]
)
def test_phone_numbers_however_they_are_written_and_dates_beside_them(text: str, number: str) -> None:
    masked = mask(text.format(number))
    assert not any(part in masked for part in ("123", "7700", "900", "7946", "1234567"))
    assert ("2024-01-15" in masked) == ("2024-01-15" in text)


@pytest.mark.parametrize(
    "text",
    [
        "2024-01-15 2024-01-16 10:00:00.123456+00",
        "11111111-1111-4111-8111-111111111111",
        "10.0.0.12:5432",
        "1 2 3 4 5",
        "batch 500 of 20000",
    ],
)
def test_what_is_no_phone_number_stays(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize("address", ["josé@gym.es", "ana@münchen.de", "анна@почта.рф", "o'brien@gym.ie"])
def test_addresses_of_any_script(address: str) -> None:
    masked = mask(f"write to {address}, please")
    assert "@" in masked
    assert not any(part in masked for part in ("jos", "ana", "münchen", "анна", "почта", "brien"))


def test_masking_a_long_word_takes_no_time() -> None:
    word = "a" * 200_000
    begun = time.monotonic()
    assert mask(f"{word} b@c.example") == f"{word} b•••@c•••.example"
    assert mask(f"a@{'a.' * 100_000}").endswith("a.")
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("end", ["\n-----END RSA PRIVATE KEY-----", ""])
def test_of_a_private_key_nothing_is_left_to_read(end: str) -> None:
    key = f"-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\nu8w+xyz={end}"
    assert mask(f"signed with {key}") == "signed with •••"


@pytest.mark.parametrize(
    ("secret", "shown"), [("abc", "•••"), ("abcdefgh", "•••gh"), ("x" * 20 + "1234", "•••1234")]
)
def test_a_hint_shows_at_most_a_quarter(secret: str, shown: str) -> None:
    assert hint(secret) == shown


@pytest.mark.parametrize(
    "text",
    [
        "Basic training for members",
        "basic introduction",
        "see https://a.example/a?b=c",
        "re: your visit",
        "ask John",
        "",
    ],
)
def test_ordinary_texts_look_like_no_secret(text: str) -> None:
    assert not looks_secret(text)

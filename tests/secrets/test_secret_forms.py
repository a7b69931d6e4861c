"""Which names and values are secrets: the vendors' public forms, those a kept library knows, and the names people give."""

import json
from itertools import pairwise
from typing import Any

import pytest
from detect_secrets.plugins import (
    artifactory,
    aws,
    azure_storage_key,
    basic_auth,
    cloudant,
    discord,
    github_token,
    gitlab_token,
    ibm_cloud_iam,
    ibm_cos_hmac,
    jwt,
    mailchimp,
    npm,
    openai,
    private_key,
    pypi_token,
    sendgrid,
    slack,
    softlayer,
    square_oauth,
    stripe,
    telegram_token,
    twilio,
)  # fmt: skip
from detect_secrets.plugins.base import RegexBasedDetector

from atlas_workflows.secrets.detection import holds_secret, is_secret_name, may_hold_secret
from atlas_workflows.secrets.masking import hide_secrets, looks_secret, mask

LETTERS = "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789"
HEX = "0123456789abcdef"


def word(length: int, letters: str = LETTERS) -> str:
    return (letters * (length // len(letters) + 1))[:length]


# Made up, in the forms that the vendors publish.
FORMS = (
    f"sk_live_{word(24)}", f"rk_test_{word(24)}", f"whsec_{word(32)}", f"sq0atp-{word(22)}", f"sq0csp-{word(43)}", f"EAAA{word(60)}",
    f"access_token$production${word(16, HEX)}${word(32, HEX)}", f"rzp_live_{word(14)}", f"live_{word(40)}", f"FLWSECK-{word(32)}-X",
    f"APP_USR-{word(16, '0123456789')}-{word(32, HEX)}", "access-production-8f2b2c1e-0000-4000-8000-0123456789ab", f"shpat_{word(32, HEX)}",
    f"shpss_{word(32, HEX)}", f"EZAK{word(54)}", f"shippo_live_{word(40, HEX)}", f"AC{word(32, HEX)}", f"SK{word(32, HEX)}",
    f"SG.{word(22)}.{word(43)}", f"key-{word(32, HEX)}", f"{word(32, HEX)}-{word(8, HEX)}-{word(8, HEX)}", f"{word(32, HEX)}-us12",
    f"md-{word(22)}", f"re_{word(8)}_{word(24)}", f"xkeysib-{word(64, HEX)}-{word(16)}", f"mlsn.{word(64, HEX)}", f"pk_{word(34, HEX)}",
    "xoxb-123456789012-abcdef", "xapp-1-A0123-456-abcdef", f"https://hooks.slack.com/services/T000/B000/{word(24)}",
    f"M{word(24)}.{word(6)}.{word(27)}", f"https://discord.com/api/webhooks/123456/{word(60)}", f"https://x.webhook.office.com/webhookb2/{word(40, HEX)}",
    f"110201543:{word(35)}", f"EAAG{word(60)}", f"AKIA{word(16, 'ABCDEFGH23456789')}", f"ASIA{word(16, 'ABCDEFGH23456789')}", f"AIza{word(35)}",
    f"ya29.{word(60)}", f"GOCSPX-{word(28)}", f"1//0{word(60)}", f"DefaultEndpointsProtocol=https;AccountKey={word(86)}==", f"abc1Q~{word(34)}",
    f"LTAI{word(20)}", f"dop_v1_{word(64, HEX)}", f"HRKU-{word(36)}", f"nfp_{word(36)}", f"fm2_{word(60)}", f"sbp_{word(40, HEX)}", f"pscale_tkn_{word(40)}",
    f"dapi{word(32, HEX)}", f"hvs.{word(90)}", f"{word(14)}.atlasv1.{word(60)}", f"dp.pt.{word(43)}", f"tskey-auth-{word(30)}", f"ghp_{word(36)}",
    f"github_pat_{word(22)}_{word(59)}", f"glpat-{word(20)}", f"glrt-{word(20)}", f"npm_{word(36)}", f"pypi-AgEIcHlwaS5vcmc{word(70)}", f"rubygems_{word(48, HEX)}",
    f"dckr_pat_{word(27)}", f"ATATT3xFfGF0{word(60)}", f"sntrys_{word(60)}", f"glsa_{word(32)}_{word(8, HEX)}", f"NRAK-{word(27)}", f"PMAK-{word(24, HEX)}-{word(34, HEX)}",
    f"sk-proj-{word(40)}", f"sk-ant-api03-{word(40)}", f"hf_{word(34)}", f"r8_{word(37)}", f"gsk_{word(52)}", "pat-eu1-8f2b2c1e-0000-4000-8000-0123456789ab",
    f"pat{word(14)}.{word(64, HEX)}", f"secret_{word(43)}", f"ntn_{word(46)}", f"lin_api_{word(40)}", f"tfp_{word(44)}", f"figd_{word(40)}", f"CFPAT-{word(43)}",
    f"00D{word(12)}!{word(60)}", f"phc_{word(43)}", f"AGE-SECRET-KEY-1{word(58, 'ABCDEFGH23456789')}", f"eyJhbGciOiJI.{word(20)}.{word(20)}",
    "postgresql://gym:hunter22@db.example/crm", "Bearer abcdefgh12345678", "Basic dXNlcjpwYXNzd29yZA==", "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----",
    "PGPASSWORD=hunter", "\nDB_PASS=bella12\n", '"apiKey": "abcd1"', "X-Api-Key: abcdefg", "https://a.example/x?auth_token=abcdef&y=1", "export CLIENT_SECRET='abcd'",
)  # fmt: skip
# By the library's detectors: an example that it finds itself. Without: addresses of the internet, which are no secrets.
LIBRARY: dict[Any, str] = {
    artifactory.ArtifactoryDetector: f"AKC{word(20)}", aws.AWSKeyDetector: f"AKIA{word(16, 'ABCDEFGH23456789')}",
    azure_storage_key.AzureStorageKeyDetector: f"AccountKey={word(88)}", basic_auth.BasicAuthDetector: "https://user:hunter22@a.example",
    cloudant.CloudantDetector: f"cloudant_password='{word(64, HEX)}'", discord.DiscordBotTokenDetector: f"M{word(23)}.{word(6)}.{word(27)}",
    github_token.GitHubTokenDetector: f"gho_{word(36)}", gitlab_token.GitLabTokenDetector: f"gldt-{word(20)}",
    ibm_cloud_iam.IbmCloudIamDetector: f"ibm_api_key={word(44)}", ibm_cos_hmac.IbmCosHmacDetector: f"cos_hmac_secret_key={word(48, HEX)}",
    jwt.JwtTokenDetector: "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    mailchimp.MailchimpDetector: f"{word(32, HEX)}-us6", npm.NpmDetector: f"//registry.npmjs.org/:_authToken=npm_{word(36)}",
    openai.OpenAIDetector: f"sk-{word(20)}T3BlbkFJ{word(20)}", private_key.PrivateKeyDetector: "BEGIN OPENSSH PRIVATE KEY",
    pypi_token.PypiTokenDetector: f"pypi-AgENdGVzdC5weXBpLm9yZw{word(70)}", sendgrid.SendGridDetector: f"SG.{word(22)}.{word(43)}",
    slack.SlackDetector: "xoxs-1234-abcdefgh", softlayer.SoftlayerDetector: f"softlayer_key={word(64, HEX)}",
    square_oauth.SquareOAuthDetector: f"sq0csp-{word(43)}", stripe.StripeDetector: f"rk_live_{word(24)}",
    telegram_token.TelegramBotTokenDetector: f"110201543:{word(35)}", twilio.TwilioKeyDetector: f"SK{word(32, HEX)}",
}  # fmt: skip
NAMES = (
    "pin", "auth", "clientsecret", "PGPASSWORD", "password2", "otp", "connectionString", "smtpPass", "apiKeyProd", "secret_value", "cardPin", "door_pin", "PIN2",
    "private.key", "API-KEY", "Set-Cookie", "refreshTokens", "pass_word", "db-pwd", "Passwort", "SharedAccessKey", "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "totp",
    "Mot de passe", "contraseña", "X-Auth-Token", "basicAuth", "mysql_pw", "jwt2", "x.api.key", "passwordHash", "BACKUP_CODES",
)  # fmt: skip
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

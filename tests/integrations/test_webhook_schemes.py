"""Verification schemes: the providers' own SDKs sign and ours verifies, and back; nothing hostile raises or passes."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from webhook_calls import (
    ECDSA_PUBLIC,
    JSON,
    NOW,
    PLAIN,
    PUBLIC,
    SIGNERS,
    STANDARD,
    Signed,
    atlas,
    call,
    github,
    hubspot,
    hubspot_sdk,
    legacy_body,
    mac,
    secret_of,
    sendgrid,
    slack,
    standard,
    stripe,
    twilio,
)

from atlas_workflows.errors import InputError
from atlas_workflows.integrations.webhooks.call import FORM, Call
from atlas_workflows.integrations.webhooks.endpoint import endpoint_of
from atlas_workflows.integrations.webhooks.judge import Delivery, judge
from atlas_workflows.integrations.webhooks.manner import Manner
from atlas_workflows.integrations.webhooks.rules import Refused
from atlas_workflows.integrations.webhooks.sample_call import Wish, sample_call, with_own_headers
from atlas_workflows.integrations.webhooks.scheme import Scheme
from atlas_workflows.integrations.webhooks.schemes import all_schemes, scheme_named
from atlas_workflows.integrations.webhooks.schemes.meta import challenge, verify_token
from atlas_workflows.integrations.webhooks.verify import Believed, Distrust, Secret, verify
from atlas_workflows.settings import ROOT

BODY = json.dumps({"id": "evt_1", "event": "paid", "name": "Łódź 😀", "n": 12}).encode()
NAMES = [f"{scheme}-{made.__name__}" for scheme, made in SIGNERS]
TIMED = [(scheme, made) for scheme, made in SIGNERS if scheme_named(scheme).tolerance is not None]


def found(scheme: str, asked: Call, now: float = NOW, *secrets: Secret) -> Believed | Distrust:
    return verify(scheme_named(scheme), asked, secrets or (Secret(secret_of(scheme)),), now)


def test_every_scheme_is_tried_here_and_says_what_it_is() -> None:
    assert {scheme for scheme, _ in SIGNERS} == set(all_schemes())
    assert all(scheme.title and scheme.documentation.endswith(".") for scheme in all_schemes().values())
    page = (ROOT / "docs" / "reference" / "webhooks.md").read_text()
    assert [name for name in all_schemes() if f"| `{name}` |" not in page] == []
    guide = (ROOT / "docs" / "how-to" / "take-webhooks-in.md").read_text()
    assert [name for name in all_schemes() if f"--scheme {name}" not in guide] == []


@pytest.mark.parametrize(("scheme", "made"), SIGNERS, ids=NAMES)
def test_what_the_provider_signs_is_believed_and_nothing_else_is(scheme: str, made: Signed) -> None:
    signed = made(BODY, NOW)
    assert isinstance(found(scheme, signed), Believed)
    other = Secret("whsec_" + "A" * 32 if scheme == "standard" else "f" * 32)
    assert found(scheme, signed, NOW, other) in (Distrust.WRONG, Distrust.NO_SECRET)
    assert isinstance(found(scheme, signed, NOW, other, Secret(secret_of(scheme))), Believed)
    ended = Secret(secret_of(scheme), until=NOW)
    assert found(scheme, signed, NOW, ended) is Distrust.NO_SECRET
    bare = signed._replace(headers={"content-type": signed.content_type}, body=b"{}")
    assert found(scheme, bare) is Distrust.UNSIGNED
    if scheme != "mailgun":  # which signs neither
        assert not isinstance(found(scheme, signed._replace(body=signed.body + b" ")), Believed)
        assert not isinstance(found(scheme, signed._replace(body=signed.body[:-1])), Believed)


@pytest.mark.parametrize(("scheme", "made"), TIMED, ids=[made.__name__ for _, made in TIMED])
def test_a_late_or_early_signature_is_not(scheme: str, made: Signed) -> None:
    signed = made(BODY, NOW)
    for seconds, is_believed in ((299, True), (300, True), (301, False), (-299, True), (-301, False)):
        answer = found(scheme, signed, NOW + seconds)
        assert isinstance(answer, Believed) if is_believed else answer is Distrust.STALE
    strict = verify(scheme_named(scheme), signed, [Secret(secret_of(scheme))], NOW + 31, tolerance=30)
    assert strict is Distrust.STALE


def test_the_old_form_looks_at_the_time_in_the_payload_where_it_is_asked_to() -> None:
    old, secrets = scheme_named("legacy_body"), [Secret(PLAIN)]
    late = legacy_body(BODY, NOW - 301)
    assert isinstance(verify(old, late, secrets, NOW), Believed)
    assert verify(old, late, secrets, NOW, tolerance=300) is Distrust.STALE
    assert isinstance(verify(old, legacy_body(BODY, NOW * 1000), secrets, NOW, tolerance=300), Believed)
    timeless = call({"x-webhook-signature": f"sha256={mac(PLAIN, BODY).hex().upper()}"}, BODY)
    assert verify(old, timeless, secrets, NOW, tolerance=300) is Distrust.STALE
    form = call(
        {"x-webhook-signature": mac(PLAIN, b"ts=1800000000").hex()},
        b"ts=1800000000",
        kind={"content-type": FORM},
    )
    assert isinstance(verify(old, form, secrets, NOW, tolerance=300), Believed)


def test_published_examples() -> None:
    body = b'{"test": 2432232314}'
    known = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }  # fmt: skip
    answer = verify(scheme_named("standard"), call(known, body), [Secret(STANDARD)], 1614265330)
    assert answer == Believed(
        "msg_p5jXN8AQM9LWM0D4loKWxJek", answer.digest if isinstance(answer, Believed) else ""
    )
    hello = {"x-hub-signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"}
    secret = Secret("It's a Secret to Everybody")
    assert isinstance(verify(scheme_named("github"), call(hello, b"Hello, World!"), [secret], NOW), Believed)


def test_the_providers_own_verifiers_believe_what_ours_do() -> None:
    """The other way round: the same call, headers as the intake hands them on, goes to the SDK."""
    from hubspot.utils.signature import Signature
    from sendgrid.helpers.eventwebhook import EventWebhook
    from slack_sdk.signature import Clock, SignatureVerifier
    from standardwebhooks.webhooks import Webhook
    from stripe import WebhookSignature
    from twilio.request_validator import RequestValidator

    class Now(Clock):
        def now(self) -> float:
            return NOW

    now = int(datetime.now(UTC).timestamp())
    fresh = standard(BODY, now)
    assert isinstance(found("standard", fresh, now), Believed)
    assert Webhook(STANDARD).verify(fresh.body, dict(fresh.headers))
    asked = stripe(BODY, NOW)
    header = asked.headers["stripe-signature"]
    assert WebhookSignature.verify_header(asked.body.decode(), header, PLAIN, tolerance=None)
    asked = slack(BODY, NOW)
    assert SignatureVerifier(PLAIN, Now()).is_valid(
        asked.body, asked.headers["x-slack-request-timestamp"], asked.headers["x-slack-signature"]
    )
    asked = twilio(BODY, NOW)
    fields = {name: str(value) for name, value in json.loads(BODY).items()}
    signature = asked.headers["x-twilio-signature"]
    assert RequestValidator(PLAIN).validate(f"{PUBLIC}?a=1", fields, signature)
    asked, name = sendgrid(BODY, NOW), "x-twilio-email-event-webhook"
    signature, time = asked.headers[f"{name}-signature"], asked.headers[f"{name}-timestamp"]
    assert EventWebhook(ECDSA_PUBLIC).verify_signature(asked.body.decode(), signature, time)
    asked = hubspot_sdk(BODY, now)
    signature, time = asked.headers["x-hubspot-signature-v3"], asked.headers["x-hubspot-request-timestamp"]
    assert Signature.is_valid(signature, PLAIN, asked.body.decode(), asked.url, "POST", "v3", time)


@pytest.mark.parametrize(
    "scheme", [each for each in all_schemes().values() if each.sample], ids=lambda scheme: scheme.name
)
def test_a_sample_of_ours_is_believed_as_the_providers_call_is(scheme: Scheme) -> None:
    manner = Manner(headers=("x-shop: 7",), origins=("https://a.example",))
    endpoint = endpoint_of("1", "o", "e1", scheme, manner, secrets=(Secret(secret_of(scheme.name)),))
    asked = with_own_headers(endpoint, sample_call(endpoint, Wish("paid"), url=PUBLIC, at=NOW, id_="i-1"))
    judged = judge(endpoint, asked, NOW, "x")
    assert isinstance(judged, Delivery), judged
    assert judged.trigger["signed"] is True
    assert (asked.headers["x-shop"], asked.headers["origin"]) == ("7", "https://a.example")
    assert isinstance(judge(endpoint, asked._replace(headers=JSON, body=b"{}"), NOW, "x"), Refused)


@pytest.mark.parametrize(
    ("scheme", "manner"),
    [
        ("legacy_body", Manner(tolerance=60)),
        ("standard", Manner(event_from="body:data.object.kind")),
        ("atlas", Manner(content_types=("form",), event_from="body:kind", delivery_from="body:own")),
        ("atlas", Manner(delivery_from="body:data.own", event_from="body:data.kind")),
    ],
    ids=["a time in the body", "an event deep inside", "forms alone", "two places in one object"],
)
def test_a_sample_keeps_to_what_its_endpoint_asks_for(scheme: str, manner: Manner) -> None:
    endpoint = endpoint_of("1", "o", "e1", scheme_named(scheme), manner, secrets=(Secret(secret_of(scheme)),))
    asked = sample_call(endpoint, Wish("paid"), url=PUBLIC, at=NOW, id_="i-1")
    judged = judge(endpoint, asked, NOW, "x")
    assert isinstance(judged, Delivery), judged
    assert judged.event == "paid"
    assert asked.content_type == ("application/json" if "json" in manner.content_types else FORM)


def test_what_no_form_can_hold_is_refused_by_name() -> None:
    endpoint = endpoint_of(
        "1", "o", "e1", scheme_named("twilio"), Manner(), secrets=(Secret(secret_of("twilio")),)
    )
    with pytest.raises(InputError, match="'Media'"):
        sample_call(endpoint, Wish(body={"To": "1", "Media": {"a": 1}}), url=PUBLIC, at=NOW, id_="i")


def test_only_sendgrid_can_sign_for_sendgrid() -> None:
    assert [scheme.name for scheme in all_schemes().values() if scheme.sample is None] == ["sendgrid"]
    endpoint = endpoint_of(
        "1", "o", "e1", scheme_named("sendgrid"), Manner(), secrets=(Secret(ECDSA_PUBLIC),)
    )
    with pytest.raises(InputError, match="Only SendGrid can sign"):
        sample_call(endpoint, Wish(), url=None, at=NOW, id_="i")


def test_the_address_is_the_one_the_provider_was_given() -> None:
    for scheme, made in (("twilio", twilio), ("hubspot", hubspot)):
        signed = made(BODY, NOW)
        assert found(scheme, signed._replace(url=None)) is Distrust.UNSIGNED
        assert found(scheme, signed._replace(url="http://10.0.0.7:8090/hooks/e1?a=1")) is Distrust.WRONG


def test_twilio_fields_that_stand_twice_or_are_empty() -> None:
    from starlette.datastructures import ImmutableMultiDict as MultiDict
    from twilio.request_validator import RequestValidator

    pairs = [("To", "b"), ("To", "a"), ("To", "b"), ("Empty", ""), ("Sp ace", "a+b")]
    signature = RequestValidator(PLAIN).compute_signature(PUBLIC, MultiDict(pairs))
    form = b"To=b&To=a&To=b&Empty=&Sp+ace=a%2Bb"
    signed = call({"x-twilio-signature": signature}, form, kind={"content-type": FORM})
    assert isinstance(found("twilio", signed), Believed)


def test_a_signature_header_that_came_twice_counts_for_none() -> None:
    signed = github(BODY, NOW)
    without = {name: value for name, value in signed.headers.items() if name != "x-hub-signature-256"}
    twice = signed._replace(headers=without, repeated=frozenset({"x-hub-signature-256"}))
    assert found("github", twice) is Distrust.UNSIGNED


def test_metas_question() -> None:
    def asked(token: str, mode: str = "subscribe") -> Call:
        query = f"hub.mode={mode}&hub.verify_token={token}&hub.challenge=1158201444"
        return Call("GET", {}, b"", query)

    right = asked(verify_token(PLAIN))
    assert challenge(right, ("other", PLAIN)) == "1158201444"
    assert challenge(right, ("other",)) is None
    assert challenge(asked(PLAIN), (PLAIN,)) is None
    assert challenge(asked(verify_token(PLAIN), "unsubscribe"), (PLAIN,)) is None
    assert challenge(right._replace(query=right.query + "&hub.mode=subscribe"), (PLAIN,)) is None


def test_slacks_question_is_a_signed_call() -> None:
    asks = scheme_named("slack").asks
    assert asks is not None
    question = b'{"type":"url_verification","challenge":"3eZbrw1aB"}'
    assert asks(slack(question, NOW)) == "3eZbrw1aB"
    assert asks(slack(b'{"type":"event_callback","text":"url_verification"}', NOW)) is None


HEADERS = sorted(
    {name for _, made in SIGNERS for name in made(BODY, NOW).headers}
    | {"webhook-id", "svix-id", "content-type"}
)
ODD = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        [
            "",
            "=",
            ",",
            "t=,v1=",
            "v1,",
            "v1,====",
            "sha256=",
            "v0=",
            "9" * 400,
            "-1",
            "1e9",
            "\udcff\udcfe",
            "٣٤",
            "NaN",
        ]
    ),
)
BODIES = st.one_of(
    st.binary(max_size=80),
    st.sampled_from(
        [
            b"[" * 5000,
            b'{"a":1,"a":2}',
            b"\xff\xfe",
            b'"\\ud800"',
            b'{"signature":{"timestamp":' + b"9" * 5000 + b"}}",
            b"null",
        ]
    ),
)


@settings(max_examples=150)
@given(
    st.sampled_from(sorted(all_schemes())), st.dictionaries(st.sampled_from(HEADERS), ODD, max_size=6), BODIES,
    st.text(max_size=30), st.one_of(st.none(), st.text(max_size=20)), st.text(min_size=1, max_size=40),
)  # fmt: skip
def test_whatever_is_sent_nothing_raises_and_nothing_passes(
    scheme: str, headers: dict[str, str], body: bytes, query: str, url: str | None, secret: str
) -> None:
    asked = Call("POST", headers, body, query, url)
    assert isinstance(found(scheme, asked, NOW, Secret(secret), Secret(secret_of(scheme))), Distrust)
    assert challenge(asked, (secret,)) is None
    asks = scheme_named(scheme).asks
    assert asks is None or asks(asked) is None


@settings(max_examples=60)
@given(st.sampled_from([each for each in SIGNERS if each[0] != "mailgun"]), st.data())
def test_a_signed_call_of_whose_body_one_bit_is_another_is_not_believed(
    signer: tuple[str, Signed], data: st.DataObject
) -> None:
    scheme, made = signer
    signed = made(BODY, NOW)
    place, bit = data.draw(st.integers(0, len(signed.body) - 1)), data.draw(st.integers(0, 7))
    body = bytearray(signed.body)
    body[place] ^= 1 << bit
    assert not isinstance(found(scheme, signed._replace(body=bytes(body))), Believed)


def test_what_tells_a_repeat() -> None:
    one, again = found("atlas", atlas(BODY, NOW)), found("atlas", atlas(BODY, NOW + 1), NOW + 1)
    assert isinstance(one, Believed)
    assert isinstance(again, Believed)
    assert one.digest != again.digest  # sent anew, it is another call
    first, other_id = github(BODY, NOW), github(BODY, NOW)
    changed = other_id._replace(headers={**other_id.headers, "x-github-delivery": "forged"})
    assert found("github", first) == found("github", changed)

"""Calls as providers make them: signed by their own SDKs where there is one, else by the formula their documentation gives."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from urllib.parse import urlencode

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from atlas_workflows.integrations.webhooks.call import FORM, Call

NOW = 1_800_000_000
PUBLIC = "https://hooks.example.com/hooks/e1"
PLAIN = "0123456789abcdef0123456789abcdef"
STANDARD = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
_PRIVATE = ec.derive_private_key(0x1234_5678_9ABC_DEF0, ec.SECP256R1())
ECDSA_PUBLIC = base64.b64encode(
    _PRIVATE.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
).decode()
SECRETS = {"standard": STANDARD, "sendgrid": ECDSA_PUBLIC}
JSON = {"content-type": "application/json"}
Signed = Callable[[bytes, int], Call]


def secret_of(scheme: str) -> str:
    return SECRETS.get(scheme, PLAIN)


def mac(secret: str, signed: bytes, digest: str = "sha256") -> bytes:
    return hmac.new(secret.encode(), signed, digest).digest()


def call(headers: Mapping[str, str], body: bytes, *, query: str = "", kind: Mapping[str, str] = JSON) -> Call:
    url = f"{PUBLIC}?{query}" if query else PUBLIC
    return Call("POST", {**kind, **headers}, body, query, url)


def standard(body: bytes, at: int) -> Call:
    from standardwebhooks.webhooks import Webhook

    signature = Webhook(STANDARD).sign("msg_1", datetime.fromtimestamp(at, UTC), body.decode())
    return call({"webhook-id": "msg_1", "webhook-timestamp": str(at), "webhook-signature": signature}, body)


def svix(body: bytes, at: int) -> Call:
    from svix.webhooks import Webhook

    signature = Webhook(STANDARD).sign("msg_2", datetime.fromtimestamp(at, UTC), body.decode())
    return call({"svix-id": "msg_2", "svix-timestamp": str(at), "svix-signature": signature}, body)


def stripe(body: bytes, at: int) -> Call:
    from stripe import WebhookSignature

    signature = WebhookSignature._compute_signature(f"{at}.{body.decode()}", PLAIN)
    return call({"stripe-signature": f"t={at},v1={signature},v0=ffff"}, body)


def slack(body: bytes, at: int) -> Call:
    from slack_sdk.signature import SignatureVerifier

    signature = SignatureVerifier(PLAIN).generate_signature(timestamp=str(at), body=body)
    assert signature
    return call({"x-slack-signature": signature, "x-slack-request-timestamp": str(at)}, body)


def twilio(body: bytes, _: int) -> Call:
    """A form of the body's fields, as Twilio posts it."""
    from twilio.request_validator import RequestValidator

    fields = {name: str(value) for name, value in json.loads(body).items()}
    signature = RequestValidator(PLAIN).compute_signature(f"{PUBLIC}?a=1", fields)
    form = urlencode(fields).encode()
    return call({"x-twilio-signature": signature}, form, query="a=1", kind={"content-type": FORM})


def twilio_json(body: bytes, _: int) -> Call:
    from twilio.request_validator import RequestValidator

    query = f"bodySHA256={hashlib.sha256(body).hexdigest()}"
    signature = RequestValidator(PLAIN).compute_signature(f"{PUBLIC}?{query}", {})
    return call({"x-twilio-signature": signature}, body, query=query)


def github(body: bytes, _: int) -> Call:
    headers = {"x-hub-signature-256": f"sha256={mac(PLAIN, body).hex()}"}
    return call({**headers, "x-github-delivery": "d-1", "x-github-event": "push"}, body)


def meta(body: bytes, _: int) -> Call:
    return call({"x-hub-signature-256": f"sha256={mac(PLAIN, body).hex()}"}, body)


def mindbody(body: bytes, _: int) -> Call:
    return call({"x-mindbody-signature": f"sha256={base64.b64encode(mac(PLAIN, body)).decode()}"}, body)


def hubspot(body: bytes, at: int) -> Call:
    time = str(at * 1000)
    signed = f"POST{PUBLIC}?a=b/c@d".encode() + body + time.encode()
    signature = base64.b64encode(mac(PLAIN, signed)).decode()
    headers = {"x-hubspot-signature-v3": signature, "x-hubspot-request-timestamp": time}
    return call(headers, body, query="a=b%2Fc%40d")


def hubspot_sdk(body: bytes, at: int) -> Call:
    """By their own library, which takes the address as it is to be signed."""
    from hubspot.utils.signature import Signature

    time = str(at * 1000)
    signature = Signature.get_signature(PLAIN, body.decode(), "v3", f"{PUBLIC}?a=1", "POST", time)
    headers = {"x-hubspot-signature-v3": signature, "x-hubspot-request-timestamp": time}
    return call(headers, body, query="a=1")


def sendgrid(body: bytes, at: int) -> Call:
    signature = base64.b64encode(_PRIVATE.sign(str(at).encode() + body, ec.ECDSA(SHA256()))).decode()
    name = "x-twilio-email-event-webhook"
    return call({f"{name}-signature": signature, f"{name}-timestamp": str(at)}, body)


def mailgun(body: bytes, at: int) -> Call:
    token = hashlib.sha256(body).hexdigest()
    signature = {"timestamp": str(at), "token": token, "signature": mac(PLAIN, f"{at}{token}".encode()).hex()}
    return call({}, json.dumps({"signature": signature, "event-data": json.loads(body)}).encode())


def atlas(body: bytes, at: int) -> Call:
    from atlas_workflows.performers.send_webhook import signature

    return call(signature(PLAIN, str(at), body), body)


def legacy_body(body: bytes, at: int) -> Call:
    timed = json.dumps({**json.loads(body), "timestamp": at}).encode()
    return call({"x-webhook-signature": mac(PLAIN, timed).hex()}, timed)


# (scheme, how a call is made)
SIGNERS: tuple[tuple[str, Signed], ...] = (
    ("standard", standard),
    ("standard", svix),
    ("stripe", stripe),
    ("slack", slack),
    ("twilio", twilio),
    ("twilio", twilio_json),
    ("github", github),
    ("meta", meta),
    ("mindbody", mindbody),
    ("hubspot", hubspot),
    ("hubspot", hubspot_sdk),
    ("sendgrid", sendgrid),
    ("mailgun", mailgun),
    ("atlas", atlas),
    ("legacy_body", legacy_body),
)

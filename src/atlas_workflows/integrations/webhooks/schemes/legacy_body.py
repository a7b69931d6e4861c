"""How the old main application was signed to: `x-webhook-signature` over the body, and a time inside the body if any."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from atlas_workflows.errors import InvalidJson
from atlas_workflows.integrations.webhooks.call import FORM, Call, read_form, read_json
from atlas_workflows.integrations.webhooks.scheme import (
    MINUTES_5,
    Claim,
    Sample,
    Scheme,
    hex_hmac,
    in_body,
    plain_key,
    signature_header,
)

TIMES = ("timestamp", "ts", "created_at", "event_time")
MILLISECONDS_FROM = 100_000_000_000  # as seconds this would be the year 5138


def read(call: Call) -> Claim | None:
    """The body, `sha256=` in front of the signature or not."""
    signature = signature_header(call, "x-webhook-signature")
    if signature is None:
        return None
    return Claim(call.body, (signature.removeprefix(b"sha256="),), said_at(call))


def said_at(call: Call) -> float | None:
    """The time that the payload tells, in seconds or milliseconds; None where it tells none."""
    try:
        body = read_form(call.body) if call.content_type == FORM else read_json(call.body)
    except InvalidJson:
        return None
    values = (body.get(name) for name in TIMES) if isinstance(body, Mapping) else ()
    return next((_instant(value) for value in values if value is not None), None)


def _instant(value: Any) -> float | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 16:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not 0 < value < 10**16:
        return None
    return float(value) / (1000 if value >= MILLISECONDS_FROM else 1)


SCHEME = Scheme(
    name="legacy_body",
    title="The old main application",
    documentation="Header X-Webhook-Signature, with sha256= in front or without; HMAC-SHA256 in hexadecimal over the body. A time in "
    "the payload (timestamp, ts, created_at or event_time) is checked only where the endpoint sets a tolerance; the same body within "
    "five minutes is a repeat.",
    read=read,
    matches=hex_hmac("sha256"),
    key=plain_key,
    tells_time=True,
    same_for=MINUTES_5,
    event=(in_body("event"), in_body("event_type"), in_body("type")),
    secret_is_theirs=False,
    sample=Sample({"x-webhook-signature": "sha256={signature}"}, time=TIMES[0]),
)

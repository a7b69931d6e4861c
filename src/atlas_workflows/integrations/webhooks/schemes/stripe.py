"""Stripe: `Stripe-Signature: t=…,v1=…` over time and body."""

from atlas_workflows.integrations.webhooks.call import Call
from atlas_workflows.integrations.webhooks.scheme import (
    MINUTES_5,
    MOST_SIGNATURES,
    Claim,
    Sample,
    Scheme,
    hex_hmac,
    in_body,
    plain_key,
    seconds,
)

HEADER = "stripe-signature"


def read(call: Call) -> Claim | None:
    """`<t>.<body>`; every v1 counts, other versions do not."""
    pairs = [
        part.partition("=")[::2] for part in call.headers.get(HEADER, "").split(",", MOST_SIGNATURES + 4)
    ]
    times = [value for name, value in pairs if name.strip() == "t"]
    at = seconds(times[0]) if len(times) == 1 else None
    if at is None:
        return None
    signatures = tuple(
        value.encode("utf-8", "surrogateescape") for name, value in pairs if name.strip() == "v1" and value
    )
    return Claim(times[0].encode() + b"." + call.body, signatures, at)


SCHEME = Scheme(
    name="stripe",
    title="Stripe",
    documentation="Header Stripe-Signature with t and v1; HMAC-SHA256 in hexadecimal over time and body. The secret is the "
    "endpoint's signing secret (whsec_…), letter by letter.",
    read=read,
    matches=hex_hmac("sha256"),
    key=plain_key,
    tolerance=MINUTES_5,
    tells_time=True,
    delivery=in_body("id"),
    event=(in_body("type"),),
    sample=Sample({"stripe-signature": "t={at},v1={signature}"}),
)

"""Standard Webhooks, as Svix, Resend, Clerk and many others sign: id, time and body, several signatures at once."""

from atlas_workflows.integrations.webhooks.call import Call
from atlas_workflows.integrations.webhooks.scheme import (
    MINUTES_5,
    MOST_SIGNATURES,
    Claim,
    Sample,
    Scheme,
    base64_bytes,
    base64_hmac,
    in_body,
    seconds,
)

PREFIX = "whsec_"
# The standard's headers, and those Svix had before there was one. Never mixed: what is signed is what is read.
HEADERS = ("webhook", "svix")
VERSION = "v1,"


def read(call: Call) -> Claim | None:
    """`<id>.<time>.<body>` under the first set of headers that is there."""
    name = next((name for name in HEADERS if f"{name}-signature" in call.headers), None)
    if name is None:
        return None
    id_, time = call.headers.get(f"{name}-id"), call.headers.get(f"{name}-timestamp")
    at = seconds(time)
    if not id_ or time is None or at is None:
        return None
    given = call.headers[f"{name}-signature"].split(" ", MOST_SIGNATURES)
    signatures = tuple(
        one[len(VERSION) :].encode("utf-8", "surrogateescape") for one in given if one.startswith(VERSION)
    )
    return Claim(f"{id_}.{time}.".encode("utf-8", "surrogateescape") + call.body, signatures, at, id_)


def key(secret: str) -> bytes | None:
    """Base64 behind `whsec_`."""
    return base64_bytes(secret.removeprefix(PREFIX))


SCHEME = Scheme(
    name="standard",
    title="Standard Webhooks, Svix",
    documentation="Headers webhook-id, webhook-timestamp and webhook-signature, or the same of svix; HMAC-SHA256 in base64 over "
    "id, time and body. The secret is base64 behind whsec_.",
    read=read,
    matches=base64_hmac("sha256"),
    key=key,
    tolerance=MINUTES_5,
    tells_time=True,
    event=(in_body("type"), in_body("event"), in_body("event_type")),
    secret_is_theirs=False,
    sample=Sample({"webhook-id": "{id}", "webhook-timestamp": "{at}", "webhook-signature": "v1,{signature}"}),
)

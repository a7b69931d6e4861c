"""HubSpot, version 3: `X-HubSpot-Signature-v3` over method, address, body and time."""

from atlas_workflows.integrations.webhooks.call import Call
from atlas_workflows.integrations.webhooks.scheme import (
    MINUTES_5,
    Claim,
    Sample,
    Scheme,
    base64_hmac,
    in_body,
    plain_key,
    seconds,
    signature_header,
)

# HubSpot decodes these in the address before it signs, and no others.
DECODED = {
    "%3A": ":", "%2F": "/", "%3F": "?", "%40": "@", "%21": "!", "%24": "$", "%27": "'", "%28": "(", "%29": ")", "%2A": "*",
    "%2C": ",", "%3B": ";",
}  # fmt: skip


def read(call: Call) -> Claim | None:
    """`<method><address><body><milliseconds>`."""
    signature = signature_header(call, "x-hubspot-signature-v3")
    time = call.headers.get("x-hubspot-request-timestamp")
    at = seconds(time, per_second=1000)
    if signature is None or call.url is None or time is None or at is None:
        return None
    head = (call.method + _decoded(call.url)).encode("utf-8", "surrogateescape")
    return Claim(head + call.body + time.encode(), (signature,), at)


def _decoded(url: str) -> str:
    address, mark, query = url.partition("?")
    for written, meant in DECODED.items():
        address = address.replace(written, meant).replace(written.lower(), meant)
        query = query.replace(written, meant).replace(written.lower(), meant)
    return address + mark + query


SCHEME = Scheme(
    name="hubspot",
    title="HubSpot",
    documentation="Headers X-HubSpot-Signature-v3 and X-HubSpot-Request-Timestamp (milliseconds); HMAC-SHA256 in base64 with the app's "
    "client secret over method, address, body and time.",
    read=read,
    matches=base64_hmac("sha256"),
    key=plain_key,
    tolerance=MINUTES_5,
    tells_time=True,
    event=(in_body("0.subscriptionType"), in_body("subscriptionType")),
    signs_url=True,
    sample=Sample({"x-hubspot-signature-v3": "{signature}", "x-hubspot-request-timestamp": "{milliseconds}"}),
)

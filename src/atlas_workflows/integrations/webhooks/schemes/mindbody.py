"""Mindbody and others that send `X-Mindbody-Signature: sha256=…` in base64 over the body."""

from atlas_workflows.integrations.webhooks.call import Call
from atlas_workflows.integrations.webhooks.scheme import (
    Claim,
    Sample,
    Scheme,
    base64_hmac,
    in_body,
    plain_key,
    signature_header,
)


def read(call: Call) -> Claim | None:
    """The body."""
    signature = signature_header(call, "x-mindbody-signature", "sha256=")
    return None if signature is None else Claim(call.body, (signature,))


SCHEME = Scheme(
    name="mindbody",
    title="Mindbody",
    documentation="Header X-Mindbody-Signature; HMAC-SHA256 in base64 over the body, with the subscription's messageSignatureKey. "
    "messageId in the body tells a repeat.",
    read=read,
    matches=base64_hmac("sha256"),
    key=plain_key,
    delivery=in_body("messageId"),
    event=(in_body("eventId"),),
    sample=Sample({"x-mindbody-signature": "sha256={signature}"}),
)

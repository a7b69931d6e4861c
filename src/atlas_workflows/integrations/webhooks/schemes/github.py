"""GitHub: `X-Hub-Signature-256: sha256=…` over the body. Neither time nor id is signed, so the body itself tells a repeat."""

from atlas_workflows.integrations.webhooks.call import Call
from atlas_workflows.integrations.webhooks.scheme import (
    Claim,
    Sample,
    Scheme,
    hex_hmac,
    in_header,
    plain_key,
    signature_header,
)


def read(call: Call) -> Claim | None:
    """The body."""
    signature = signature_header(call, "x-hub-signature-256", "sha256=")
    return None if signature is None else Claim(call.body, (signature,))


SCHEME = Scheme(
    name="github",
    title="GitHub",
    documentation="Header X-Hub-Signature-256; HMAC-SHA256 in hexadecimal over the body. The id of X-GitHub-Delivery is not "
    "signed: it is kept, and the body tells a repeat.",
    read=read,
    matches=hex_hmac("sha256"),
    key=plain_key,
    shown_id=in_header("x-github-delivery"),
    event=(in_header("x-github-event"),),
    sample=Sample(
        {
            "x-hub-signature-256": "sha256={signature}",
            "x-github-event": "{event}",
            "x-github-delivery": "{id}",
        }
    ),
)

"""Meta (Facebook, Instagram, WhatsApp): `X-Hub-Signature-256` over the body as it came, and a question before the first call."""

import hmac
from hashlib import sha256

from atlas_workflows.integrations.webhooks.call import Call
from atlas_workflows.integrations.webhooks.scheme import (
    Claim,
    Sample,
    Scheme,
    hex_hmac,
    in_body,
    plain_key,
    signature_header,
)


def read(call: Call) -> Claim | None:
    """The body: Meta signs its own escapes, so nothing may decode it before."""
    signature = signature_header(call, "x-hub-signature-256", "sha256=")
    return None if signature is None else Claim(call.body, (signature,))


def verify_token(secret: str) -> str:
    """What to enter as verify token: it follows from the app secret, so there is no second secret to keep."""
    return hmac.new(secret.encode("utf-8", "surrogatepass"), b"verify token", sha256).hexdigest()[:32]


def challenge(call: Call, secrets: tuple[str, ...]) -> str | None:
    """The answer to `GET ?hub.mode=subscribe`; None where it is none or the token is not ours."""
    token, asked = call.query_value("hub.verify_token"), call.query_value("hub.challenge")
    if call.query_value("hub.mode") != "subscribe" or token is None or asked is None:
        return None
    given = token.encode("utf-8", "surrogatepass")
    known = [hmac.compare_digest(verify_token(secret).encode(), given) for secret in secrets]
    return asked if any(known) else None


SCHEME = Scheme(
    name="meta",
    title="Meta: WhatsApp, Facebook, Instagram",
    documentation="Header X-Hub-Signature-256; HMAC-SHA256 in hexadecimal with the app secret over the body. GET with hub.challenge "
    "is answered where hub.verify_token is the endpoint's.",
    read=read,
    matches=hex_hmac("sha256"),
    key=plain_key,
    event=(in_body("entry.0.changes.0.field"), in_body("object")),
    challenge=challenge,
    sample=Sample({"x-hub-signature-256": "sha256={signature}"}),
)

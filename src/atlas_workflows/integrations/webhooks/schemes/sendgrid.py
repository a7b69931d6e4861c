"""SendGrid's signed event webhook: ECDSA over time and body, checked with a public key."""

from atlas_workflows.integrations.webhooks.call import Call
from atlas_workflows.integrations.webhooks.scheme import (
    MINUTES_5,
    Claim,
    Scheme,
    ecdsa,
    in_body,
    public_key,
    seconds,
    signature_header,
)

NAME = "x-twilio-email-event-webhook"


def read(call: Call) -> Claim | None:
    """`<time><body>`."""
    signature = signature_header(call, f"{NAME}-signature")
    time = call.headers.get(f"{NAME}-timestamp")
    at = seconds(time)
    if signature is None or time is None or at is None:
        return None
    return Claim(time.encode() + call.body, (signature,), at)


SCHEME = Scheme(
    name="sendgrid",
    title="SendGrid",
    documentation="Headers X-Twilio-Email-Event-Webhook-Signature and -Timestamp; ECDSA over time and body. The secret is the "
    "verification key that SendGrid shows, which is a public one.",
    read=read,
    matches=ecdsa,
    key=public_key,
    tolerance=MINUTES_5,
    tells_time=True,
    event=(in_body("0.event"),),
)

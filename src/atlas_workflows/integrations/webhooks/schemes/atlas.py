"""What we sign ourselves, and the coach application did: `X-Atlas-Signature: sha256=…` over time and body."""

from atlas_workflows.integrations.webhooks.call import Call
from atlas_workflows.integrations.webhooks.scheme import (
    MINUTES_5,
    Claim,
    Reply,
    Sample,
    Scheme,
    hex_hmac,
    in_body,
    in_header,
    plain_key,
    seconds,
    signature_header,
)


def read(call: Call) -> Claim | None:
    """`<Unix seconds>.<body>`."""
    signature = signature_header(call, "x-atlas-signature", "sha256=")
    time = call.headers.get("x-atlas-timestamp")
    at = seconds(time)
    if signature is None or time is None or at is None:
        return None
    return Claim(time.encode() + b"." + call.body, (signature,), at)


SCHEME = Scheme(
    name="atlas",
    title="Atlas; the old coach application",
    documentation="Headers X-Atlas-Signature and X-Atlas-Timestamp; HMAC-SHA256 in hexadecimal over time and body. This is how send_webhook "
    "signs. The same time and body is a repeat, unless the endpoint says where an id stands.",
    read=read,
    matches=hex_hmac("sha256"),
    key=plain_key,
    tolerance=MINUTES_5,
    tells_time=True,
    shown_id=in_header("x-atlas-webhook-id"),
    repeats="signed",
    event=(in_header("x-atlas-event"), in_body("event"), in_body("event_type"), in_body("type")),
    secret_is_theirs=False,
    reply=Reply(202),
    sample=Sample(
        {"x-atlas-timestamp": "{at}", "x-atlas-signature": "sha256={signature}", "x-atlas-event": "{event}"}
    ),
)

"""Slack: `X-Slack-Signature: v0=…` over version, time and body."""

from atlas_workflows.errors import InvalidJson
from atlas_workflows.integrations.webhooks.call import Call, read_json
from atlas_workflows.integrations.webhooks.scheme import (
    MINUTES_5,
    Claim,
    Sample,
    Scheme,
    hex_hmac,
    in_body,
    plain_key,
    seconds,
    signature_header,
)


def read(call: Call) -> Claim | None:
    """`v0:<time>:<body>`."""
    signature = signature_header(call, "x-slack-signature", "v0=")
    time = call.headers.get("x-slack-request-timestamp")
    at = seconds(time)
    if signature is None or time is None or at is None:
        return None
    return Claim(b"v0:" + time.encode() + b":" + call.body, (signature,), at)


def asks(call: Call) -> str | None:
    """The challenge of the one signed call that Slack makes when the address is entered."""
    if b"url_verification" not in call.body:
        return None
    try:
        body = read_json(call.body)
    except InvalidJson:
        return None
    if not isinstance(body, dict) or body.get("type") != "url_verification":
        return None
    asked = body.get("challenge")
    return asked if isinstance(asked, str) else None


SCHEME = Scheme(
    name="slack",
    title="Slack",
    documentation="Headers X-Slack-Signature and X-Slack-Request-Timestamp; HMAC-SHA256 in hexadecimal over v0, time and body. The "
    "secret is the app's signing secret. url_verification is answered.",
    read=read,
    matches=hex_hmac("sha256"),
    key=plain_key,
    tolerance=MINUTES_5,
    tells_time=True,
    delivery=in_body("event_id"),
    repeats="signed",
    event=(in_body("event.type"), in_body("type"), in_body("command")),
    asks=asks,
    sample=Sample({"x-slack-signature": "v0={signature}", "x-slack-request-timestamp": "{at}"}),
)

"""Mailgun: the signature stands in the body, over time and token; what it does not cover the connection alone protects."""

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
)


def read(call: Call) -> Claim | None:
    """`<time><token>` of `signature` in the body."""
    try:
        body = read_json(call.body)
    except InvalidJson:
        return None
    given = body.get("signature") if isinstance(body, dict) else None
    if not isinstance(given, dict):
        return None
    time, token, signature = (given.get(name) for name in ("timestamp", "token", "signature"))
    if isinstance(time, int) and not isinstance(time, bool):
        time = str(time)
    if not (isinstance(time, str) and isinstance(token, str) and isinstance(signature, str)):
        return None
    signed = (time + token).encode("utf-8", "surrogatepass")
    return Claim(signed, (signature.encode("utf-8", "surrogatepass"),), seconds(time))


SCHEME = Scheme(
    name="mailgun",
    title="Mailgun",
    documentation="signature.timestamp, .token and .signature in the body; HMAC-SHA256 in hexadecimal with the webhook signing key over "
    "time and token. A token counts once.",
    read=read,
    matches=hex_hmac("sha256"),
    key=plain_key,
    tolerance=MINUTES_5,
    tells_time=True,
    delivery=in_body("signature.token"),
    event=(in_body("event-data.event"),),
    sample=Sample({}, in_body=True),
)

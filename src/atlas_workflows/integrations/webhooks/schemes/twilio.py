"""Twilio: `X-Twilio-Signature` over the address that Twilio was given and the fields of the form, sorted."""

import hashlib
import hmac

from atlas_workflows.integrations.webhooks.call import FORM, Call, form_pairs
from atlas_workflows.integrations.webhooks.scheme import (
    Claim,
    Reply,
    Sample,
    Scheme,
    base64_hmac,
    in_body,
    plain_key,
    signature_header,
)


def read(call: Call) -> Claim | None:
    """The configured address with this call's query, then names and values; of JSON the address holds the digest of the body."""
    signature = signature_header(call, "x-twilio-signature")
    fields = _fields(call)
    if signature is None or call.url is None or fields is None:
        return None
    return Claim((call.url + fields).encode("utf-8", "surrogateescape"), (signature,))


def _fields(call: Call) -> str | None:
    """None where what is not signed by itself is not signed by its digest either."""
    if call.content_type == FORM:
        try:
            pairs = form_pairs(call.body.decode("utf-8"))
        except UnicodeDecodeError:
            return None
        return None if pairs is None else "".join(name + value for name, value in sorted(set(pairs)))
    digest = call.query_value("bodySHA256")
    if digest is None:
        return None if call.body else ""
    made = hashlib.sha256(call.body).hexdigest()
    return "" if hmac.compare_digest(made.encode(), digest.lower().encode("utf-8", "surrogatepass")) else None


SCHEME = Scheme(
    name="twilio",
    title="Twilio",
    documentation="Header X-Twilio-Signature; HMAC-SHA1 in base64 with the auth token over the address that Twilio was given and the "
    "sorted fields, or for JSON over the address with bodySHA256 in its query. The time is not signed.",
    read=read,
    matches=base64_hmac("sha1"),
    key=plain_key,
    event=(in_body("EventType"), in_body("SmsStatus"), in_body("MessageStatus"), in_body("CallStatus")),
    signs_url=True,
    repeats="signed",
    reply=Reply(200, "text/xml", b'<?xml version="1.0" encoding="UTF-8"?><Response></Response>'),
    sample=Sample({"x-twilio-signature": "{signature}"}, form=True),
)

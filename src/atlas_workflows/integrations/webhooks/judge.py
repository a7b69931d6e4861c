"""What becomes of a call: a delivery to store, an answer to a question, or a refusal. Pure: the clock and ids are arguments."""

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from atlas_workflows.errors import InvalidJson
from atlas_workflows.integrations.webhooks.call import BODILESS, FORM, Call, read_form, read_json
from atlas_workflows.integrations.webhooks.endpoint import MOST_LETTERS, Endpoint
from atlas_workflows.integrations.webhooks.verify import Believed, in_force, verify

MAX_BODY_BYTES = 1_048_576
PAUSED_SECONDS = 60
_UNFIT = re.compile("[\0\ud800-\udfff]")
FACTS = ("endpoint_id", "method", "event", "delivery_id")


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing is stored. `status` is HTTP's, `code` for programs, then the fact and what to do."""

    status: int
    code: str
    fact: str
    remedy: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answered:
    """The call only asked something; nothing is stored."""

    text: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is stored of a call that is believed, once per `key`, remembered for `seconds` (None: as long as any is)."""

    endpoint: Endpoint
    id: str
    key: str
    seconds: int | None
    event: str | None
    subject: str | None
    order: str | None
    trigger: Mapping[str, Any]


def first_look(endpoint: Endpoint | None, method: str, address: str | None) -> Refused | None:
    """What can be said before anything of the body is read."""
    if endpoint is None:
        return Refused(404, "webhook_unknown", "There is no such endpoint.", "Check the address.")
    if not endpoint.is_open:
        wait = {"Retry-After": str(PAUSED_SECONDS)}
        return Refused(503, "webhook_paused", "The endpoint is paused.", "Send it again later.", wait)
    if endpoint.networks and not _is_allowed(endpoint, address):
        return Refused(
            403, "address_not_allowed", "The endpoint takes no calls from this address.",
            "Let the endpoint's owner add it: atlas webhook set --network.",
        )  # fmt: skip
    if method == "HEAD" or method in endpoint.methods or (method == "GET" and endpoint.scheme.challenge):
        return None
    allowed = ", ".join(endpoint.methods)
    return Refused(
        405, "method_not_allowed", f"It takes no {method[:20]}.", f"Use {allowed or 'another address'}.", {"Allow": allowed}
    )  # fmt: skip


def client_address(peer: str | None, forwarded: Sequence[str], proxies: int) -> str | None:
    """Who called: the peer, or what the outermost of so many trusted proxies saw; None where one of them was passed by."""
    if proxies == 0:
        return peer
    seen = [part.strip() for line in forwarded for part in line.split(",")]
    return seen[-proxies] if len(seen) >= proxies else None


def _is_allowed(endpoint: Endpoint, address: str | None) -> bool:
    try:
        found = ipaddress.ip_address((address or "").strip("[]"))
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return any((mapped or found) in network for network in endpoint.networks)


def second_look(method: str, headers: Mapping[str, str]) -> Refused | None:
    """What the headers say of the body, before it is read."""
    if method in BODILESS or method == "HEAD":
        return None
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()) or int(length[:12]) > MAX_BODY_BYTES or len(length) > 12:
        return too_large()
    if headers.get("content-encoding", "identity").lower() != "identity":
        return Refused(415, "encoding_unknown", "The body is compressed.", "Send it as it is.")
    kind, _, parameters = headers.get("content-type", "").lower().partition(";")
    kind = kind.strip()
    charset = parameters.partition("charset=")[2].strip("\"' ")
    if kind not in ("application/json", FORM) and not (
        kind.startswith("application/") and kind.endswith("+json")
    ):
        return Refused(
            415, "type_unknown", "The body is neither JSON nor a form.",
            f"Send Content-Type: application/json or {FORM}.",
        )  # fmt: skip
    if charset not in ("", "utf-8", "utf8", "us-ascii"):
        return Refused(415, "charset_unknown", f"The character set is {charset[:40]}.", "Send UTF-8.")
    return None


def too_large() -> Refused:
    """A body that is not read to its end."""
    return Refused(
        413,
        "body_too_large",
        f"The body is larger than {MAX_BODY_BYTES} bytes.",
        "Send less, or a reference to it.",
    )


def judge(endpoint: Endpoint, call: Call, now: float, id_: str) -> Delivery | Answered | Refused:
    """What becomes of a call that was read whole. Never raises for what is in it."""
    if call.method == "HEAD":
        return Answered("")
    if call.method == "GET" and endpoint.scheme.challenge is not None:
        if (answer := endpoint.scheme.challenge(call, in_force(endpoint.secrets, now))) is not None:
            return Answered(answer)
        if "GET" not in endpoint.methods:
            return Refused(
                403,
                "challenge_refused",
                "The question is not ours to answer.",
                "Enter the verify token anew.",
            )
    believed: Believed | None = None
    if endpoint.verifies:
        found = verify(endpoint.scheme, call, endpoint.secrets, now, endpoint.manner.tolerance)
        if not isinstance(found, Believed):
            return Refused(
                401, found.value, found.sentence, "Sign it as the endpoint's scheme says, with its secret."
            )
        believed = found
        if endpoint.scheme.asks is not None and (asked := endpoint.scheme.asks(call)) is not None:
            return Answered(asked)
    try:
        body = _body(call)
    except InvalidJson as cause:
        return Refused(400, "body_unreadable", cause.fact, cause.remedy)
    return _delivery(endpoint, call, body, believed, id_)


def _body(call: Call) -> Any:
    if call.method in BODILESS:
        return read_form(call.query.encode("utf-8", "surrogateescape"))
    return read_form(call.body) if call.content_type == FORM else read_json(call.body)


def _delivery(
    endpoint: Endpoint, call: Call, body: Any, believed: Believed | None, id_: str
) -> Delivery | Refused:
    key, seconds = _key(endpoint, call, body, believed, id_)
    event = next((found for place in _event_places(endpoint) if (found := place.read(call, body))), None)
    subject = None if endpoint.subject is None else endpoint.subject.read(call, body)
    order = None if endpoint.order is None else endpoint.order.read(call, body)
    named = {"delivery id": key, "event": event, "subject": subject, "order": order}
    unfit = next((name for name, value in named.items() if value is not None and not _fits(value)), None)
    if unfit is not None:
        fact = f"The {unfit} has more than {MOST_LETTERS} letters, or some that are none."
        return Refused(400, "unfit_name", fact, "Send a shorter one.")
    shown = None if endpoint.scheme.shown_id is None else endpoint.scheme.shown_id.read(call, body)
    facts = {
        "endpoint_id": endpoint.endpoint_id,
        "method": call.method,
        "event": event,
        "delivery_id": shown if shown is not None and _fits(shown) else key,
    }
    return Delivery(endpoint, id_, key, seconds, event, subject, order, _trigger(body, facts))


def _fits(text: str) -> bool:
    """Whether it can be a key: not long, and nothing in it that PostgreSQL cannot hold."""
    return len(text) <= MOST_LETTERS and _UNFIT.search(text) is None


def _key(
    endpoint: Endpoint, call: Call, body: Any, believed: Believed | None, id_: str
) -> tuple[str, int | None]:
    """What tells a repeat, and for how long. A call that nobody signed tells none, unless the endpoint says where."""
    if endpoint.delivery is not None and (own := endpoint.delivery.read(call, body)) is not None:
        return f"own {own}", endpoint.manner.delivery_seconds
    if believed is None:
        return f"call {id_}", None
    scheme = endpoint.scheme
    said = believed.id or (None if scheme.delivery is None else scheme.delivery.read(call, body))
    if said is not None:
        return f"id {said}", None
    return f"digest {believed.digest}", scheme.same_for


def _event_places(endpoint: Endpoint) -> tuple[Any, ...]:
    return endpoint.scheme.event if endpoint.event is None else (endpoint.event,)


def _trigger(body: Any, facts: Mapping[str, Any]) -> dict[str, Any]:
    """What the trigger says: the fields of the body, and ours, which nothing in the body replaces."""
    said = {name: value for name, value in facts.items() if value is not None}
    if not isinstance(body, Mapping):
        return {"body": body, **said}
    hidden = {name: body[name] for name in FACTS if name in body and body[name] != said.get(name)}
    return {**body, **({"sent": hidden} if hidden else {}), **said}

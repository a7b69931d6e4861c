"""The rules of an endpoint, each asked of a call: what it may come with, how much it may bring, and what of it is wanted. Pure."""

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from hmac import compare_digest
from typing import Any

from atlas_workflows.errors import AtlasError
from atlas_workflows.expressions.evaluate import compile_condition
from atlas_workflows.expressions.moment import moment
from atlas_workflows.expressions.wording import why
from atlas_workflows.integrations.webhooks.call import BODILESS, FORM, MOST_CACHED
from atlas_workflows.integrations.webhooks.endpoint import Endpoint

PAUSED_SECONDS = 60
MOST_LETTERS_SAID = 500


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing is stored of the call. `status` is HTTP's, `code` for programs, then the fact and what to do."""

    status: int
    code: str
    fact: str
    remedy: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A call that is right and not wanted: the provider hears a success, for it would only send it again, and nothing starts."""

    code: str
    fact: str
    event: str | None


CLOSED = Refused(
    503, "webhook_paused", "The endpoint is paused.", "Send it again later.", {"Retry-After": str(PAUSED_SECONDS)}
)  # fmt: skip
UNKNOWN = Refused(404, "webhook_unknown", "There is no such endpoint.", "Check the address.")
EXPIRED = Refused(
    410, "webhook_expired", "The endpoint's time is over.", "Let its owner give it another: atlas webhook set --expires."
)  # fmt: skip


def first_look(
    endpoint: Endpoint, method: str, address: str | None, headers: Mapping[str, str], now: float
) -> Refused | None:
    """What can be said before anything of the body is read."""
    if not endpoint.is_open:
        return CLOSED
    if endpoint.expires_at is not None and now >= endpoint.expires_at:
        return EXPIRED
    if endpoint.networks and not _is_allowed(endpoint, address):
        return Refused(
            403, "address_not_allowed", "The endpoint takes no calls from this address.",
            "Let the endpoint's owner add it: atlas webhook set --network.",
        )  # fmt: skip
    if endpoint.origins and headers.get("origin") not in endpoint.origins:
        return Refused(
            403, "origin_not_allowed", "The endpoint takes no calls of this origin.",
            "Let the endpoint's owner add what stands in the header Origin: atlas webhook set --origin.",
        )  # fmt: skip
    if method == "GET" and endpoint.scheme.challenge and "GET" not in endpoint.methods:
        return None  # a question carries nothing
    if endpoint.headers and (lacking := _lacking(endpoint, headers)) is not None:
        return Refused(
            403, "header_lacking", f"The header {lacking} is not there, or not what it has to be.",
            "Send it as the endpoint's owner says.",
        )  # fmt: skip
    if method == "HEAD" or method in endpoint.methods:
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


def _lacking(endpoint: Endpoint, headers: Mapping[str, str]) -> str | None:
    return next((name for name, value in endpoint.headers if not _is_carried(headers.get(name), value)), None)


def _is_carried(given: str | None, wanted: str | None) -> bool:
    if given is None or wanted is None:
        return given is not None
    # What fences an unsigned endpoint is a secret in fact, so that its letters are not to be tried out one by one.
    return compare_digest(given.encode("utf-8", "surrogateescape"), wanted.encode("utf-8", "surrogatepass"))


def second_look(endpoint: Endpoint, method: str, headers: Mapping[str, str]) -> Refused | None:
    """What the headers say of the body, before it is read."""
    if method in BODILESS or method == "HEAD":
        return None
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()) or len(length) > 12 or int(length) > endpoint.max_bytes:
        return too_large(endpoint.max_bytes)
    if "content-encoding" in headers and headers["content-encoding"].lower() != "identity":
        return Refused(415, "encoding_unknown", "The body is compressed.", "Send it as it is.")
    content_type = headers.get("content-type", "")
    read = _of_kind if len(content_type) <= MOST_CACHED else _of_kind.__wrapped__
    return read(endpoint.kinds, content_type)


@lru_cache(maxsize=64)
def _of_kind(kinds: frozenset[str], content_type: str) -> Refused | None:
    kind, _, parameters = content_type.lower().partition(";")
    kind = kind.strip()
    if kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json")):
        found = "json"
    elif kind == FORM:
        found = "form"
    else:
        return Refused(
            415, "type_unknown", "The body is neither JSON nor a form.", f"Send Content-Type: application/json or {FORM}."
        )  # fmt: skip
    if found not in kinds:
        only = " or ".join(sorted(kinds))
        return Refused(415, "type_not_taken", f"The endpoint takes {only} only.", f"Send {only}.")
    charset = parameters.partition("charset=")[2].strip("\"' ") if parameters else ""
    if charset not in ("", "utf-8", "utf8", "us-ascii"):
        return Refused(415, "charset_unknown", f"The character set is {charset[:40]}.", "Send UTF-8.")
    return None


def too_large(most: int) -> Refused:
    """A body that is not read to its end."""
    return Refused(
        413, "body_too_large", f"The body is larger than {most} bytes.", "Send less, or a reference to it."
    )  # fmt: skip


def unwanted(
    endpoint: Endpoint, event: str | None, trigger: Mapping[str, Any], now: float
) -> PassedOver | Refused | None:
    """Why a call that is believed is not wanted; None where it is. A condition of ours that fails is not the caller's fault."""
    if endpoint.events and event not in endpoint.events:
        said = "has no event" if event is None else f"is of {event[:MOST_LETTERS_SAID]}"
        return PassedOver("event_not_wanted", f"The call {said}, and the endpoint takes others.", event)
    if endpoint.conditions is None:
        return None
    scope, at = {"trigger": trigger}, moment(datetime.fromtimestamp(now, UTC))
    try:
        if compile_condition(endpoint.conditions)(scope, at):
            return None
        fact = why(endpoint.conditions, scope, at)
    except AtlasError as cause:
        return Refused(
            503, "condition_failed", f"The condition cannot be asked: {cause.fact}"[:MOST_LETTERS_SAID], "Send it again later.",
            {"Retry-After": str(PAUSED_SECONDS)},
        )  # fmt: skip
    return PassedOver("condition_not_met", fact[:MOST_LETTERS_SAID], event)

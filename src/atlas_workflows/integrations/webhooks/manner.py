"""How an endpoint wants its calls: its settings and rules as people write them, each checked and refused by name. Pure."""

import ipaddress
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from atlas_workflows.errors import AtlasError, InputError
from atlas_workflows.expressions.condition import leaves, parse_condition
from atlas_workflows.expressions.paths import parse_path
from atlas_workflows.expressions.templates import references
from atlas_workflows.integrations.webhooks.call import MAX_BODY_BYTES
from atlas_workflows.integrations.webhooks.scheme import Place

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
METHODS = ("POST", "GET", "PUT", "PATCH", "DELETE")
KINDS = ("json", "form")
MEMBER_BY = ("id", "email", "phone", "external_id")
MOST_NETWORKS, MOST_NAMES = 20, 100
TOLERANCE = (30, 600)
WINDOW = (60, 86_400)
BYTES = (1, MAX_BODY_BYTES)
PER_ADDRESS = (1, 10_000)
MOST_LETTERS = 200
# What the trigger says of a call by itself; nothing that was sent replaces it.
FACTS = ("endpoint_id", "method", "event", "delivery_id", "signed", "headers")
_BOUNDS = {
    "tolerance": (TOLERANCE, "seconds"),
    "delivery_seconds": (WINDOW, "seconds"),
    "max_bytes": (BYTES, "bytes"),
    "per_address": (PER_ADDRESS, "calls a second"),
}
_LISTS = ("methods", "networks", "content_types", "origins", "headers", "events")
_OBJECTS = ("mapping", "conditions")


@dataclass(frozen=True, slots=True)
class Manner:
    """How an endpoint wants its calls. Places are written as header:x-name or body:a.b.

    Who may call: `networks`; `origins` (the Origin header is one of them); `headers` that a call carries, written x-name or
    x-name: value; `per_address` calls a second from one address; `expires_at` ends the endpoint. What it takes: `methods`,
    `content_types` (json, form), `max_bytes` of a body; of what is believed only `events` of these names, and only what fulfils
    `conditions` on `trigger`. What becomes of it: `mapping` (name of a field of the trigger -> place), `delivery_from`, the id of
    a delivery in place of the scheme's, remembered for `delivery_seconds`; `event_from`; `subject_from` says whom it is about, by
    the id, e-mail address, phone number or external id that `subject_by` names; calls with the same value at `order_from` are
    handled in the order they came. `tolerance`: seconds a signed time may be off. `public_url`: what the provider was told to call.
    """

    methods: tuple[str, ...] = ("POST",)
    networks: tuple[str, ...] = ()
    tolerance: int | None = None
    delivery_from: str | None = None
    delivery_seconds: int | None = None
    event_from: str | None = None
    subject_from: str | None = None
    subject_by: str = "id"
    order_from: str | None = None
    public_url: str | None = None
    content_types: tuple[str, ...] = KINDS
    max_bytes: int | None = None
    per_address: int | None = None
    origins: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    conditions: Mapping[str, Any] = field(default_factory=dict)
    mapping: Mapping[str, str] = field(default_factory=dict)
    expires_at: str | None = None

    def to_json(self) -> dict[str, Any]:
        """What differs from the defaults, as it is stored."""
        standard = Manner()
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
            if value != getattr(standard, name)
        }


def read_manner(document: Mapping[str, Any]) -> Manner:
    """The manner in a JSON object. Raises InputError, naming what is wrong."""
    known = {each.name for each in fields(Manner)}
    unknown = sorted(document.keys() - known)
    if unknown:
        raise InputError(
            f"A webhook has no setting {', '.join(unknown)[:80]}.",
            remedy=f"There are: {', '.join(sorted(known))}.",
            field=f"manner.{unknown[0][:60]}",
        )
    given = {name: _frozen(name, value) for name, value in document.items() if value is not None}
    return checked_manner(Manner(**given))


def _frozen(name: str, value: Any) -> Any:
    if name in _LISTS:
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
            raise _wrong(name, f"{name} is no list of texts.", f"Write {name} as a list.")
        return tuple(value)
    if name in _OBJECTS:
        if not isinstance(value, Mapping):
            raise _wrong(name, f"{name} is no object.", "Write an object.")
        return dict(value)
    wanted = int if name in _BOUNDS else str
    if type(value) is not wanted:
        raise _wrong(name, f"{name} is no {'whole number' if wanted is int else 'text'}.", "Correct it.")
    return value


def checked_manner(manner: Manner) -> Manner:
    """The same, once everything in it is possible. Raises InputError."""
    _require_among("methods", manner.methods, METHODS)
    _require_among("content_types", manner.content_types, KINDS)
    if manner.subject_by not in MEMBER_BY:
        raise _wrong(
            "subject_by",
            f"Nobody is found by {manner.subject_by[:40]!r}.",
            f"Choose among {', '.join(MEMBER_BY)}.",
        )
    for name, most in (
        ("networks", MOST_NETWORKS),
        ("origins", MOST_NAMES),
        ("headers", MOST_NETWORKS),
        ("events", MOST_NAMES),
    ):
        if len(getattr(manner, name)) > most:
            raise _wrong(name, f"More than {most} {name}.", "Name fewer.")
    for network in manner.networks:
        read_network(network)
    for header in manner.headers:
        read_header(header)
    for event in manner.events:
        if not event or len(event) > MOST_LETTERS:
            raise _wrong("events", "The name of an event is none.", f"Give up to {MOST_LETTERS} letters.")
    for name, (bounds, unit) in _BOUNDS.items():
        _require_within(name, getattr(manner, name), bounds, unit)
    for name in ("delivery_from", "event_from", "subject_from", "order_from"):
        if getattr(manner, name) is not None:
            read_place(getattr(manner, name), name)
    _check_mapping(manner.mapping)
    _check_conditions(manner.conditions)
    if manner.expires_at is not None:
        # In the one form that everybody who reads it takes.
        manner = replace(manner, expires_at=read_instant(manner.expires_at).isoformat())
    if manner.public_url is not None:
        _require_url(manner.public_url)
    return manner


def read_network(text: str) -> Network:
    """A network or a single address. Raises InputError."""
    try:
        return ipaddress.ip_network(text.strip())
    except ValueError as cause:
        raise _wrong(
            "networks", f"{text[:60]!r} is no network.", "Write 203.0.113.0/24 or one address."
        ) from cause


def read_header(text: str) -> tuple[str, str | None]:
    """Name in lower case and value of a header that a call has to carry; None for any value. Raises InputError."""
    name, colon, value = text.partition(":")
    name = name.strip().lower()
    if not name or not name.isascii() or not all(letter.isalnum() or letter in "-_" for letter in name):
        raise _wrong("headers", f"{text[:60]!r} is no header.", "Write x-name, or x-name: value.")
    return name, value.strip() if colon else None


def read_place(text: str, name: str = "") -> Place:
    """Where something stands, from header:x-name or body:a.b. Raises InputError."""
    where, mark, rest = text.partition(":")
    if where == "header" and mark and rest:
        return Place("header", rest.lower())
    if where == "body" and mark and rest:
        return Place("body", rest)
    raise InputError(
        f"{text[:60]!r} is no place in a call.",
        remedy="Write header:x-request-id or body:data.id.",
        field=f"manner.{name}" if name else "manner",
    )


def read_instant(text: str) -> datetime:
    """When an endpoint ends. Raises InputError."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    # Far from where a zone leads out of the years there are.
    if found is None or found.tzinfo is None or not 2000 <= found.year <= 9998:
        raise _wrong("expires_at", f"{text[:40]!r} is no instant.", "Write 2026-12-31T18:00:00Z.")
    return found.astimezone(UTC)


def _check_mapping(mapping: Mapping[str, Any]) -> None:
    if len(mapping) > MOST_NAMES:
        raise _wrong("mapping", f"More than {MOST_NAMES} fields.", "Map fewer.")
    for name, place in mapping.items():
        if not name or len(name) > MOST_LETTERS or name in FACTS or "\0" in name:
            raise _wrong(
                "mapping",
                f"{name[:60]!r} cannot be a field of the trigger.",
                f"Not one of {', '.join(FACTS)}.",
            )
        if not isinstance(place, str):
            raise _wrong("mapping", f"{name[:60]} names no place.", "Write header:x-name or body:data.id.")
        read_place(place, "mapping")


def _check_conditions(conditions: Mapping[str, Any]) -> None:
    if conditions:
        try:
            asked = leaves(parse_condition(dict(conditions)))
        except AtlasError as cause:
            raise InputError(cause.fact, remedy=cause.remedy, field="manner.conditions") from cause
        for leaf in asked:
            for path in (leaf.field, *_templates(leaf.value)):
                _require_known(path)


def _templates(value: Any) -> list[str]:
    """The paths that an operand refers to."""
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    own = list(references(value)) if isinstance(value, str) else []
    return own + [path for each in inner for path in _templates(each)]


def _require_known(path: str) -> None:
    """A call brings nothing else to ask; a condition on it would pass every call over."""
    if parse_path(path)[0] not in ("trigger", "now"):
        raise _wrong(
            "conditions",
            f"There is no {path[:60]!r} to ask of a call.",
            "Write trigger. in front of what the call says: trigger.amount.",
        )


def _require_among(name: str, given: tuple[str, ...], known: tuple[str, ...]) -> None:
    if not given or not set(given) <= set(known):
        raise _wrong(
            name, f"The {name.replace('_', ' ')} are not possible.", f"Choose among {', '.join(known)}."
        )


def _require_within(name: str, value: int | None, bounds: tuple[int, int], unit: str) -> None:
    if value is not None and not bounds[0] <= value <= bounds[1]:
        raise _wrong(name, f"{name} is {value}.", f"Give {bounds[0]} to {bounds[1]} {unit}.")


def _require_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.query or parts.fragment:
        raise _wrong(
            "public_url", "The public address is none.",
            "Write it as the provider was told it, without a query: https://…",
        )  # fmt: skip


def _wrong(name: str, fact: str, remedy: str) -> InputError:
    return InputError(fact, remedy=remedy, field=f"manner.{name}")

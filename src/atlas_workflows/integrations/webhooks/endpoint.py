"""A webhook endpoint as the intake knows it: whose it is, how calls are verified, and how it wants them."""

import ipaddress
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any
from urllib.parse import urlsplit

from atlas_workflows.errors import InputError
from atlas_workflows.integrations.webhooks.call import BODILESS
from atlas_workflows.integrations.webhooks.scheme import Place, Scheme
from atlas_workflows.integrations.webhooks.verify import Secret

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
METHODS = ("POST", "GET", "PUT", "PATCH", "DELETE")
MOST_NETWORKS = 20
TOLERANCE = (30, 600)
WINDOW = (60, 86_400)
MOST_LETTERS = 200


@dataclass(frozen=True, slots=True)
class Manner:
    """How an endpoint wants its calls. Places are written as header:x-name or body:a.b.

    `tolerance`: seconds a signed time may be off. `delivery_from`: where the id of a delivery stands, in place of the scheme's,
    remembered for `delivery_seconds`. `subject_from`: the id of the lead, client or contact an execution is about. `order_from`:
    calls with the same value there are handled in the order they came. `public_url`: what the provider was told to call.
    """

    methods: tuple[str, ...] = ("POST",)
    networks: tuple[str, ...] = ()
    tolerance: int | None = None
    delivery_from: str | None = None
    delivery_seconds: int | None = None
    event_from: str | None = None
    subject_from: str | None = None
    order_from: str | None = None
    public_url: str | None = None

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
    if name in ("methods", "networks"):
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
            raise InputError(
                f"{name} is no list of texts.", remedy=f"Write {name} as a list.", field=f"manner.{name}"
            )
        return tuple(value)
    wanted = int if name in ("tolerance", "delivery_seconds") else str
    if type(value) is not wanted:
        raise InputError(
            f"{name} is no {'whole number' if wanted is int else 'text'}.",
            remedy="Correct it.",
            field=f"manner.{name}",
        )
    return value


def checked_manner(manner: Manner) -> Manner:
    """The same, once everything in it is possible. Raises InputError."""
    if not manner.methods or not set(manner.methods) <= set(METHODS):
        raise InputError(
            "The methods are not possible.",
            remedy=f"Choose among {', '.join(METHODS)}.",
            field="manner.methods",
        )
    if len(manner.networks) > MOST_NETWORKS:
        raise InputError(
            f"More than {MOST_NETWORKS} networks.", remedy="Name larger ones.", field="manner.networks"
        )
    for network in manner.networks:
        read_network(network)
    _require_within("tolerance", manner.tolerance, TOLERANCE)
    _require_within("delivery_seconds", manner.delivery_seconds, WINDOW)
    for place in (manner.delivery_from, manner.event_from, manner.subject_from, manner.order_from):
        if place is not None:
            read_place(place)
    if manner.public_url is not None:
        _require_url(manner.public_url)
    return manner


def read_network(text: str) -> Network:
    """A network or a single address. Raises InputError."""
    try:
        return ipaddress.ip_network(text.strip())
    except ValueError as cause:
        raise InputError(
            f"{text[:60]!r} is no network.",
            remedy="Write 203.0.113.0/24 or one address.",
            field="manner.networks",
        ) from cause


def read_place(text: str) -> Place:
    """Where something stands, from header:x-name or body:a.b. Raises InputError."""
    where, mark, name = text.partition(":")
    if where == "header" and mark and name:
        return Place("header", name.lower())
    if where == "body" and mark and name:
        return Place("body", name)
    raise InputError(
        f"{text[:60]!r} is no place in a call.",
        remedy="Write header:x-request-id or body:data.id.",
        field="manner",
    )


def _require_within(name: str, value: int | None, bounds: tuple[int, int]) -> None:
    if value is not None and not bounds[0] <= value <= bounds[1]:
        raise InputError(
            f"{name} is {value}.", remedy=f"Give {bounds[0]} to {bounds[1]} seconds.", field=f"manner.{name}"
        )


def _require_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.query or parts.fragment:
        raise InputError(
            "The public address is none.",
            remedy="Write it as the provider was told it, without a query: https://…",
            field="manner.public_url",
        )


def is_covered(method: str, scheme: Scheme, *, verifies: bool) -> bool:
    """Whether a signature says something of what a call by this method brings: of a query only those of addresses do."""
    return not verifies or method not in BODILESS or scheme.signs_url


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`id` is the row's, `endpoint_id` what stands in the address. Secrets are kept out of repr.

    `methods` are those of its manner that its signatures cover.
    """

    id: str
    organization: str
    endpoint_id: str
    scheme: Scheme
    secrets: tuple[Secret, ...] = field(default=(), repr=False)
    verifies: bool = True
    is_open: bool = True
    rate_limit: int = 100
    manner: Manner = field(default_factory=Manner)
    methods: tuple[str, ...] = ("POST",)
    networks: tuple[Network, ...] = ()
    delivery: Place | None = None
    event: Place | None = None
    subject: Place | None = None
    order: Place | None = None


def endpoint_of(
    id_: str,
    organization: str,
    endpoint_id: str,
    scheme: Scheme,
    manner: Manner,
    *,
    secrets: tuple[Secret, ...] = (),
    verifies: bool = True,
    is_open: bool = True,
    rate_limit: int = 100,
) -> Endpoint:
    """An endpoint with its places read once instead of for every call."""

    def place(text: str | None) -> Place | None:
        return None if text is None else read_place(text)

    return Endpoint(
        id_, organization, endpoint_id, scheme, secrets, verifies, is_open, rate_limit, manner,
        methods=tuple(method for method in manner.methods if is_covered(method, scheme, verifies=verifies)),
        networks=tuple(read_network(text) for text in manner.networks),
        delivery=place(manner.delivery_from),
        event=place(manner.event_from),
        subject=place(manner.subject_from),
        order=place(manner.order_from),
    )  # fmt: skip

"""A webhook endpoint as the intake knows it: whose it is, how calls are verified, and how it wants them, read once for many calls."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from atlas_workflows.expressions.condition import Group, Leaf, parse_condition
from atlas_workflows.integrations.webhooks.call import BODILESS, MAX_BODY_BYTES
from atlas_workflows.integrations.webhooks.manner import (
    KINDS,
    Manner,
    Network,
    read_header,
    read_instant,
    read_network,
    read_place,
)
from atlas_workflows.integrations.webhooks.scheme import Place, Scheme
from atlas_workflows.integrations.webhooks.verify import Secret


def is_covered(method: str, scheme: Scheme, *, verifies: bool) -> bool:
    """Whether a signature says something of what a call by this method brings: of a query only those of addresses do."""
    return not verifies or method not in BODILESS or scheme.signs_url


@dataclass(frozen=True, slots=True)
class AskedHeader:
    """A header that a trigger asks of its calls: `wanted` is its value, `told` what the event says where it came so.

    Both differ where the value is a secret: the event then holds the reference to it.
    """

    name: str
    wanted: str = field(repr=False)
    told: str


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`id` is the row's, `endpoint_id` what stands in the address. Secrets are kept out of repr.

    `methods` are those of its manner that its signatures cover. `asked` are headers that triggers ask for.
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
    event: tuple[Place, ...] = ()
    subject: Place | None = None
    order: Place | None = None
    headers: tuple[tuple[str, str | None], ...] = ()
    origins: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset(KINDS)
    max_bytes: int = MAX_BODY_BYTES
    events: frozenset[str] = frozenset()
    conditions: Group | Leaf | None = None
    mapping: tuple[tuple[str, Place], ...] = ()
    expires_at: float | None = None
    asked: tuple[AskedHeader, ...] = ()


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
    asked: tuple[AskedHeader, ...] = (),
) -> Endpoint:
    """An endpoint with its places read once instead of for every call."""

    def place(text: str | None) -> Place | None:
        return None if text is None else read_place(text)

    event = place(manner.event_from)
    return Endpoint(
        id_, organization, endpoint_id, scheme, secrets, verifies, is_open, rate_limit, manner,
        methods=tuple(method for method in manner.methods if is_covered(method, scheme, verifies=verifies)),
        networks=tuple(read_network(text) for text in manner.networks),
        delivery=place(manner.delivery_from),
        event=scheme.event if event is None else (event,),
        subject=place(manner.subject_from),
        order=place(manner.order_from),
        headers=tuple(read_header(text) for text in manner.headers),
        origins=frozenset(manner.origins),
        kinds=frozenset(manner.content_types),
        max_bytes=MAX_BODY_BYTES if manner.max_bytes is None else manner.max_bytes,
        events=frozenset(manner.events),
        conditions=_condition(manner.conditions),
        mapping=tuple((name, read_place(text)) for name, text in manner.mapping.items()),
        expires_at=None if manner.expires_at is None else read_instant(manner.expires_at).timestamp(),
        asked=asked,
    )  # fmt: skip


def _condition(conditions: Mapping[str, Any]) -> Group | Leaf | None:
    return parse_condition(dict(conditions)) if conditions else None

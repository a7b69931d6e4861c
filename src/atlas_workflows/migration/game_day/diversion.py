"""Turns every way out of the performers to the sinks; a kind whose ways out cannot all be turned is refused by name."""

import ipaddress
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any
from urllib.parse import quote

import httpx

from atlas_workflows.integrations.credentials import Vault
from atlas_workflows.integrations.egress import Egress
from atlas_workflows.migration.game_day.sinks import EFFECT, HOST, Places
from atlas_workflows.monitoring.around import around
from atlas_workflows.performers.crm_action import CrmDesk
from atlas_workflows.performers.mail import MailServer
from atlas_workflows.performers.means import Means
from atlas_workflows.performers.unavailable import Unavailable
from atlas_workflows.secrets.sealing import Sealer
from atlas_workflows.settings import Settings
from atlas_workflows.store.sessions import open_pool
from atlas_workflows.worker.model import Answer, Dispatch
from atlas_workflows.worker.ports import Performer

SESSIONS = 8
NOT_DIVERTED = "Its way out cannot be turned to the sink of a game day."
_here = threading.local()  # which effect this thread is performing


@dataclass(frozen=True, slots=True)
class ToSink(httpx.BaseTransport):
    """Sends whatever is to be sent to the web sink, with the key of the effect that it belongs to."""

    port: int
    inner: httpx.BaseTransport = field(
        default_factory=lambda: httpx.HTTPTransport(
            trust_env=False, limits=httpx.Limits(max_keepalive_connections=0)
        )
    )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The headers stay, `host` with them, so that the sink sees for whom it was meant."""
        headers = [*request.headers.multi_items(), (EFFECT, quote(getattr(_here, "key", "")))]
        turned = httpx.Request(
            request.method,
            request.url.copy_with(scheme="http", host=HOST, port=self.port),
            headers=headers,
            content=request.read(),
            extensions={"timeout": request.extensions["timeout"]},
        )
        return self.inner.handle_request(turned)


@dataclass(frozen=True, slots=True)
class Diverted:
    """Performers that reach nothing but the sinks and the copy. `outside` are the kinds that go to a sink."""

    performers: Mapping[str, Performer]
    outside: frozenset[str]
    refused: tuple[str, ...]


def means_to(places: Places, dsn: str, settings: Settings) -> Means:
    """Ways out that all end in the sinks, or in the copy at `dsn`."""
    pool = open_pool(dsn, SESSIONS)
    egress = Egress(
        (ipaddress.ip_network("127.0.0.0/8"),),
        resolve=lambda _host, _port: [HOST],
        transport=ToSink(places.web),
    )
    mail = MailServer(HOST, places.mail, settings.mail_from)
    sealer = Sealer(settings.secret_keys) if settings.secret_keys else None
    return Means(egress, mail, CrmDesk(pool), Vault(pool, sealer), f"http://{HOST}:{places.web}")


def divert(performers: Mapping[str, Performer], means: Means) -> Diverted:
    """Performers that were built with `means`; what holds any other way out, or none that is known, is refused."""
    found: dict[str, Performer] = {}
    outside, refused = set(), []
    for kind, performer in performers.items():
        if isinstance(performer, Unavailable):
            found[kind] = performer
            continue
        ways = list(ways_out(performer))
        if not ways or not all(_is_ours(way, means) for way in ways):
            refused.append(kind)
            found[kind] = Unavailable(kind, NOT_DIVERTED)
            continue
        found[kind] = _marked(performer)
        if not any(isinstance(way, CrmDesk) for way in ways):
            outside.add(kind)
    return Diverted(found, frozenset(outside), tuple(sorted(refused)))


def ways_out(thing: Any) -> Iterator[Any]:
    """Every way out that a performer holds, however deep."""
    if isinstance(thing, Egress | MailServer | CrmDesk):
        yield thing
    elif is_dataclass(thing) and not isinstance(thing, Vault | type):
        for each in fields(thing):
            yield from ways_out(getattr(thing, each.name))


def _is_ours(way: Any, means: Means) -> bool:
    return way is means.egress or way is means.crm or way == means.mail


def _marked(performer: Performer) -> Performer:
    def perform(effect: Dispatch) -> Answer:
        _here.key = effect.key
        try:
            return performer.perform(effect)
        finally:
            _here.key = ""

    return around(performer, perform)

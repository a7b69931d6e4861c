"""The composition root: where the environment becomes a Site, and the worker's ports meet what stands behind them."""

import ipaddress
from collections.abc import Mapping
from datetime import timedelta

from atlas_workflows.db.connect import connect
from atlas_workflows.db.roles import require_migration_role
from atlas_workflows.db.rows import scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import ConfigurationError, InputError
from atlas_workflows.graph.catalogue import Effect
from atlas_workflows.integrations.egress import Egress
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.performers.http_request import HttpRequest
from atlas_workflows.performers.missing import Missing
from atlas_workflows.performers.send_email import SendEmail, mail_server
from atlas_workflows.performers.send_webhook import SendWebhook
from atlas_workflows.settings import Settings, load_settings
from atlas_workflows.site import ProgressSink, Site, silent
from atlas_workflows.store.contacts import PostgresContacts
from atlas_workflows.store.definitions import PostgresDefinitions
from atlas_workflows.store.executions import LEASE, PostgresExecutions
from atlas_workflows.store.ledger import LEASE as EFFECT_LEASE
from atlas_workflows.store.ledger import PostgresLedger
from atlas_workflows.store.listener import Listener
from atlas_workflows.store.outbox import PostgresOutbox
from atlas_workflows.store.sessions import open_pool
from atlas_workflows.worker.lane import BATCH
from atlas_workflows.worker.ports import Performer
from atlas_workflows.worker.service import LANES, Worker

SESSIONS_BESIDE_LANES = 3  # the effect lane's, the outbox lane's and one for definitions and contacts


def crm_site(dsn: str | None = None, progress: ProgressSink = silent) -> Site:
    """The CRM database at `dsn`, else at ATLAS_CRM_DSN. Raises ConfigurationError where neither names one."""
    settings = load_settings()
    return Site(dsn or settings.require_crm_dsn(), settings, progress)


def build_worker(
    dsn: str,
    performers: Mapping[str, Performer],
    *,
    lanes: int = LANES,
    batch: int = BATCH,
    lease: timedelta = LEASE,
    effect_lease: timedelta = EFFECT_LEASE,
) -> tuple[Worker, Listener]:
    """A worker on a database, and what wakes it. Raises DatabaseUnreachable, PermissionMissing and InputError."""
    _prepare(dsn)
    pool = open_pool(dsn, lanes + SESSIONS_BESIDE_LANES)
    contacts = PostgresContacts(pool)
    worker = Worker(
        PostgresExecutions(pool, lease=lease),
        PostgresDefinitions(pool, load_catalogue()),
        PostgresLedger(pool, lease=effect_lease),
        performers,
        effect_lease=effect_lease,
        outbox=PostgresOutbox(pool, contacts),
        triggers=load_catalogue(),
        contacts=contacts,
        lanes=lanes,
        batch=batch,
    )
    return worker, Listener(dsn, {"atlas_work": worker.wake, "atlas_events": worker.wake_for_events})


def _prepare(dsn: str) -> None:
    with connect(dsn, application_name="atlas-worker", autocommit=True) as connection:
        require_migration_role(connection)
        if not scalar(connection, sql("engine/schema_is_there")):
            raise InputError(
                "Schema atlas is not there, or older than the engine.",
                remedy="Run `atlas schema upgrade` first.",
            )
        connection.execute(sql("engine/ensure_partitions"))


def load_performers(settings: Settings) -> dict[str, Performer]:
    """One performer for each kind of effect that the catalogue knows."""
    egress = Egress(_networks(settings.egress_allow))
    found: list[Performer] = [HttpRequest(egress), SendWebhook(egress)]
    if settings.smtp_url is not None:
        found.append(SendEmail(mail_server(settings.smtp_url, settings.mail_from)))
    known = {performer.kind: performer for performer in found}
    kinds = {kind.name for kind in load_catalogue().nodes.values() if kind.effect is not Effect.NONE}
    return {kind: known.get(kind) or Missing(kind) for kind in sorted(kinds | set(known))}


def _networks(text: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as cause:
        raise ConfigurationError(
            f"ATLAS_EGRESS_ALLOW holds something that is no network: {cause}.",
            remedy="Write networks with commas, such as 10.20.0.0/16,192.168.7.4/32.",
        ) from cause

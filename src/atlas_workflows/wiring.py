"""The composition root: where the worker's ports meet what stands behind them."""

import importlib
import ipaddress
import math
import pkgutil
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import starmap
from typing import Any

import atlas_workflows.performers
from atlas_workflows.db.connect import Connection, connect
from atlas_workflows.db.roles import require_migration_role
from atlas_workflows.db.rows import scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import ConfigurationError, InputError
from atlas_workflows.integrations.credentials import Vault
from atlas_workflows.integrations.egress import Egress
from atlas_workflows.legacy.execution.document import read_program
from atlas_workflows.legacy.old_api.format import OldApi
from atlas_workflows.monitoring.monitor import Monitor
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.performers.crm_action import CrmDesk
from atlas_workflows.performers.mail import mail_server
from atlas_workflows.performers.means import Means
from atlas_workflows.performers.unavailable import LATER, Unavailable
from atlas_workflows.secrets.sealing import Sealer
from atlas_workflows.settings import Settings
from atlas_workflows.site import Site
from atlas_workflows.store.contacts import PostgresContacts
from atlas_workflows.store.definitions import PostgresDefinitions
from atlas_workflows.store.executions import LEASE, PostgresExecutions
from atlas_workflows.store.ledger import LEASE as EFFECT_LEASE
from atlas_workflows.store.ledger import PostgresLedger
from atlas_workflows.store.listener import Listener
from atlas_workflows.store.outbox import PostgresOutbox
from atlas_workflows.store.sessions import PLANS_ONCE, UNHURRIED, open_pool
from atlas_workflows.worker.lane import BATCH
from atlas_workflows.worker.ports import Performer
from atlas_workflows.worker.service import LANES, Worker

LOOK_SECONDS, QUIET_LOOKS, LOOKS_REST = 0.2, 3, 9
SESSIONS_BESIDE_LANES = 3  # the outbox lane's, the clock's and one for definitions and contacts
FILES = atlas_workflows.performers
CRM_SESSIONS = 8  # for actions on the CRM and for secrets, of all kinds together


def build_worker(
    dsn: str,
    performers: Mapping[str, Performer],
    *,
    lanes: int = LANES,
    batch: int = BATCH,
    lease: timedelta = LEASE,
    effect_lease: timedelta = EFFECT_LEASE,
    monitor: Monitor | None = None,
) -> tuple[Worker, Listener]:
    """A worker on a database, and what wakes it; `monitor` counts what it does. Raises DatabaseUnreachable, PermissionMissing and InputError."""
    _prepare(dsn)
    # Nobody outside learns of what these sessions write before the ledger's has committed `dispatching` behind it.
    pool = open_pool(dsn, lanes + SESSIONS_BESIDE_LANES, PLANS_ONCE | UNHURRIED)
    watching = monitor or Monitor()
    contacts = PostgresContacts(pool)
    worker = Worker(
        watching.executions(PostgresExecutions(pool, lease=lease, timed=watching.tally.timed)),
        PostgresDefinitions(pool, load_catalogue(), read_program),
        watching.ledger(PostgresLedger(open_pool(dsn, 1, PLANS_ONCE), lease=effect_lease)),
        watching.performers(performers),
        effect_lease=effect_lease,
        outbox=PostgresOutbox(pool, contacts),
        triggers=load_catalogue(),
        contacts=contacts,
        lanes=lanes,
        batch=batch,
    )
    return worker, Listener(dsn, {"atlas_work": worker.wake, "atlas_events": worker.wake_for_events})


def _any_backlog(connection: Connection) -> bool:
    return bool(scalar(connection, sql("engine/backlog")))


def work_until_done(
    site: Site,
    is_left: Callable[[Connection], bool] = _any_backlog,
    most: timedelta | None = None,
    *,
    lease: timedelta = LEASE,
) -> float:
    """A worker that stops once nothing is ready, due or being performed; returns how many seconds it took.

    `is_left` says whether anything is, where only some of it is waited for; after `most` it stops whatever is left.
    Raises what the look at the backlog raised: then it stopped, and nobody knows whether it was done.
    """
    begun = time.monotonic()
    worker, listener = build_worker(site.dsn, load_performers(site.settings, site.dsn), lease=lease)
    listener.start()
    with ThreadPoolExecutor(1, thread_name_prefix="backlog") as beside:
        until = math.inf if most is None else begun + most.total_seconds()
        watching = beside.submit(_stop_when_done, site, worker, is_left, until)
        try:
            worker.run()
        finally:
            worker.stop()
            listener.stop()
    watching.result()  # raises what kept it from seeing the end of the backlog
    return time.monotonic() - begun


def _stop_when_done(site: Site, worker: Worker, is_left: Callable[[Connection], bool], until: float) -> None:
    """Several looks in a row: between two statements of a lane a deed may be in nobody's count."""
    quiet, pause = 0, LOOK_SECONDS
    try:
        with site.connect("backlog", autocommit=True) as connection:
            while quiet < QUIET_LOOKS and time.monotonic() < until and not worker.stopping.wait(pause):
                looked = time.monotonic()
                quiet = 0 if is_left(connection) else quiet + 1
                # A look at many takes its time; the work shall have most of it.
                pause = max(LOOK_SECONDS, (time.monotonic() - looked) * LOOKS_REST)
    finally:
        worker.stop()


def _prepare(dsn: str) -> None:
    with connect(dsn, application_name="atlas-worker", autocommit=True) as connection:
        require_migration_role(connection)
        if not scalar(connection, sql("engine/schema_is_there")):
            raise InputError(
                "Schema atlas is not there, or older than the engine.",
                remedy="Run `atlas schema upgrade` first.",
            )
        connection.execute(sql("engine/ensure_partitions"))


def load_performers(settings: Settings, dsn: str | None = None) -> dict[str, Performer]:
    """One performer for each kind of effect that the catalogue knows, for the CRM database at `dsn` or of the settings.

    Every file of `performers` that has a `build` makes the one of its kind; adding a kind means adding a file.
    """
    return performers_with(_means(settings, dsn or settings.crm_dsn))


def performers_with(means: Means) -> dict[str, Performer]:
    """The same with ways out that were made elsewhere."""
    found = [module.build(means) for module in _performer_files()]
    return {performer.kind: performer for performer in [*found, *starmap(Unavailable, LATER.items())]}


def _performer_files() -> Iterator[Any]:
    for file in pkgutil.iter_modules(FILES.__path__, f"{FILES.__name__}."):
        module = importlib.import_module(file.name)
        if hasattr(module, "build"):
            yield module


def _means(settings: Settings, dsn: str | None) -> Means:
    egress = Egress(_networks(settings.egress_allow))
    mail = None
    if settings.smtp_url is not None:
        clear = settings.smtp_clear_login
        mail = mail_server(settings.smtp_url, settings.mail_from, clear_login=clear)
    if dsn is None:
        return Means(egress, mail, twilio_url=settings.twilio_url)
    pool = open_pool(dsn, CRM_SESSIONS)
    sealer = Sealer(settings.secret_keys) if settings.secret_keys else None
    return Means(egress, mail, CrmDesk(pool), Vault(pool, sealer), settings.twilio_url)


def _networks(text: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as cause:
        raise ConfigurationError(
            f"ATLAS_EGRESS_ALLOW holds something that is no network: {cause}.",
            remedy="Write networks with commas, such as 10.20.0.0/16,192.168.7.4/32.",
        ) from cause


def old_format() -> OldApi:
    """The old application's format, for the API's v1."""
    return OldApi(load_catalogue)

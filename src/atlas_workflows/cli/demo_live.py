"""Live events in the demo: people come to gyms on both sides of the cutover, code emits an event, and mails arrive in the sink."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

from atlas_workflows.db.acting import acting_as_migration
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import rows, scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import UnknownShape
from atlas_workflows.sample.newcomers import gyms_of, people_come
from atlas_workflows.sample.old_door import OldDoor
from atlas_workflows.sample.old_post import OldPost
from atlas_workflows.sample.old_tables import find_tables
from atlas_workflows.sample.organizations import Organization
from atlas_workflows.sample.people import Lead, make_leads
from atlas_workflows.sample.spec import SampleSpec
from atlas_workflows.site import Site
from atlas_workflows.store import events
from atlas_workflows.supervision.mail_sink import Mail, mail_url, read_mail

LEADS_EACH = 2
# What code says with atlas.emit_event of somebody who is in the CRM already, as an import of a list would.
BY_CODE, FACTS = "lead_created", {"trigger": {"source": "website"}}
PATIENCE_SECONDS, LOOK_SECONDS, QUIET_LOOKS = 60.0, 0.3, 4
OLD_APPLICATION = "legacy_app"


@dataclass(frozen=True, slots=True)
class SentHere:
    """A message in the engine's ledger, and when the event came that it answers."""

    key: str
    organization: str
    workflow: str
    name: str
    executor: str
    subject: str
    event_at: datetime | None


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message in the sink and who sent it; `here` is what the engine's ledger has of it."""

    mail: Mail
    gym: str
    seconds: float | None
    here: SentHere | None = None

    @property
    def executor(self) -> str:
        return self.here.executor if self.here else OLD_APPLICATION


@dataclass(frozen=True, slots=True)
class NotSent:
    """Messages that the engine has not sent to these people, and why."""

    status: str
    why: str
    times: int


@dataclass(frozen=True, slots=True)
class Happened:
    """What happened while the demo watched."""

    leads: tuple[Lead, ...]
    emitted: tuple[Lead, ...] = ()
    arrived: tuple[Arrived, ...] = ()
    not_sent: tuple[NotSent, ...] = ()
    begun_there: int = 0
    old_application_runs: bool = True

    def by_engine(self) -> list[Arrived]:
        return [item for item in self.arrived if item.here is not None]


@dataclass(slots=True)
class Street:
    """Where people come from, and the sink where everybody's mails end."""

    site: Site
    spec: SampleSpec
    mail_port: int
    folder: Path
    gyms: Mapping[str, Organization] = field(init=False)

    def __post_init__(self) -> None:
        self.gyms = gyms_of(self.spec)

    def let_live(self, cohort: tuple[str, ...]) -> Happened:
        """Let people come to the gyms of the cohort and to all others, and wait until the engine has done what there is to do."""
        before = {mail.message_id for mail in read_mail(self.folder)}
        with self.site.connect("demo", autocommit=True) as connection:
            others = [gym for gym in self.gyms if gym not in cohort]
            visited = [self.gyms[gym] for gym in (*cohort * LEADS_EACH, *others) if gym in self.gyms]
            leads = people_come(connection, self.spec, visited, datetime.now(UTC))
            begun = self._tell_old_application(connection, leads)
            emitted = _emit(connection, self.spec, [self.gyms[gym] for gym in cohort[:1]])
            wait_until_quiet(connection)
            arrived = self._arrived(connection, before, leads)
            not_sent = _not_sent(connection, [*leads, *emitted])
        return Happened(tuple(leads), emitted, arrived, not_sent, begun or 0, begun is not None)

    def _tell_old_application(self, connection: Connection, leads: Iterable[Lead]) -> int | None:
        """The old application sees the same people: it executes what is still on over there. None in shapes without a stand-in."""
        people = tuple(leads)
        try:
            find_tables(connection)
        except UnknownShape:
            return None
        door = OldDoor(connection, OldPost(connection, mail_url(self.mail_port), people).send)
        begun = [door.lead_came(lead.organization.id, lead.id) for lead in people]
        door.finish_all()
        return sum(map(len, begun))

    def _arrived(
        self, connection: Connection, before: set[str], leads: Iterable[Lead]
    ) -> tuple[Arrived, ...]:
        mails = [mail for mail in read_mail(self.folder) if mail.message_id not in before]
        keys = [key_of(mail) for mail in mails]
        with acting_as_migration(connection):
            found = {item.key: item for item in rows(connection, SentHere, sql("sample/sent_here"), {"keys": keys})}  # fmt: skip
        # What recurs was not sent because somebody came.
        mails = [mail for mail, key in zip(mails, keys, strict=True) if not _recurs(found.get(key))]
        by_address = {lead.email: lead for lead in leads}
        return tuple(self._one(mail, found.get(key_of(mail)), by_address.get(mail.to)) for mail in mails)

    def _one(self, mail: Mail, here: SentHere | None, lead: Lead | None) -> Arrived:
        began = here.event_at if here else lead.created_at if lead else None
        gym = here.organization if here else lead.organization.id if lead else ""
        seconds = (mail.arrived_at - began).total_seconds() if began else None
        return Arrived(mail, self.gyms[gym].name if gym in self.gyms else gym, seconds, here)


def _emit(connection: Connection, spec: SampleSpec, gyms: Iterable[Organization]) -> tuple[Lead, ...]:
    """Code says something about somebody of each gym; returns about whom."""
    known = [make_leads(spec, (gym,))[gym.id][0] for gym in gyms]
    for lead in known:
        with acting_as_migration(connection):
            events.emit(connection, lead.organization.id, BY_CODE, lead.id, FACTS)
    return tuple(known)


def _recurs(here: SentHere | None) -> bool:
    return here is not None and here.subject.startswith("schedule:")


def _not_sent(connection: Connection, people: Iterable[Lead]) -> tuple[NotSent, ...]:
    with acting_as_migration(connection):
        given = {"subjects": [lead.id for lead in people]}
        return tuple(rows(connection, NotSent, sql("sample/not_sent_here"), given))


def wait_until_quiet(connection: Connection) -> None:
    """Several looks in a row find nothing to do: between two statements of a worker a deed may be in nobody's count."""
    deadline, quiet = time.monotonic() + PATIENCE_SECONDS, 0
    while quiet < QUIET_LOOKS and time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)
        quiet = 0 if _is_busy(connection) else quiet + 1


def _is_busy(connection: Connection) -> bool:
    with acting_as_migration(connection):
        waiting = events.list_events(connection, events.Wanted(waiting=True, limit=1))
        return bool(waiting or scalar(connection, sql("engine/backlog")))


def key_of(mail: Mail) -> str:
    """The engine's Message-IDs are the keys of its effect ledger."""
    return unquote(mail.message_id.rpartition("@")[0])
